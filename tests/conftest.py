"""Makes the suites beside this file importable from both folders of tests, their assertions explained by pytest."""

import pytest

pytest.register_assert_rewrite("docker_promises")
