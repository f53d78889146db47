"""What settings a model has at a place, read from its annotations: for nearest names, descriptions and pages."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from reports.yaml.tree import Place


def bare(annotation: Any) -> Any:
    """Return an annotation without `Annotated` and `| None`; of other unions, the first member."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(member for member in get_args(annotation) if member is not NoneType)
    return annotation


def fields_of(model: Any) -> dict[str, FieldInfo]:
    """Return a model's fields by the names they have in YAML; nothing for what is no model."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in model.model_fields.items()}


def settings_at(model: Any, place: Place) -> dict[str, FieldInfo]:
    """Return the settings that may stand in the mapping at `place` of `model`; nothing where any or none may."""
    for part in place:
        inner = get_args(model)
        if get_origin(model) is dict:
            model = bare(inner[1])
        elif get_origin(model) in (list, tuple):
            model = bare(inner[0])
        else:
            field = fields_of(model).get(str(part))
            model = bare(field.annotation) if field else None
    return fields_of(model)
