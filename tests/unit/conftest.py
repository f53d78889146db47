"""What several tests of verifying share: sound evidence, made once."""

from __future__ import annotations

import pytest
from sealed_evidence import SealedEvidence, sealed_evidence


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SealedEvidence:
    """Sound evidence, never changed, and its public key beside it."""
    made = sealed_evidence(tmp_path_factory.mktemp("sound") / "evidence")
    (made.directory.parent / "key.pub").write_text(made.key.public_pem)
    return made
