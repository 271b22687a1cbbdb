"""What pages of every slice share: saving a form, and reading codes and filters of the address."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask import request, url_for
from sqlalchemy.orm import Session

from aidnet import codes
from aidnet.db import transaction
from aidnet.errors import AidnetError, NotVisible
from aidnet.web.forms import BaseForm
from aidnet.web.keyset import asked_again

Made = TypeVar("Made")
Kind = TypeVar("Kind", bound=StrEnum)

#: Failures a form can show beside its fields; any other goes on to the error pages.
_SHOWN = (409, 422)


def save(form: BaseForm, write: Callable[[Session], Made]) -> Made | None:
    """Check a form and write what it says, whole; None where the form must be drawn again, with what is wrong in it."""
    if not form.validate():
        return None
    try:
        with transaction() as session:
            return write(session)
    except AidnetError as error:
        if error.status not in _SHOWN:
            raise
        form.accuse(error)
        return None


def saved(form: BaseForm, write: Callable[[Session], object]) -> bool:
    """The same where nothing but the success matters."""

    def done(session: Session) -> bool:
        write(session)
        return True

    return save(form, done) is not None


def status(form: BaseForm) -> int:
    """How a page with this form is answered."""
    return 422 if form.errors else 200


def code_of(prefix: str, typed: str) -> str:
    """A code of the address in its one form. Raises: NotVisible."""
    code = codes.read(prefix, typed)
    if code is None:
        raise NotVisible
    return code


def one_of(kind: type[Kind], name: str) -> Kind | None:
    """The value of a filter in the address; None where it is not one of `kind`."""
    typed = request.args.get(name, "")
    return kind(typed) if typed in {member.value for member in kind} else None


def searched() -> str:
    """What was searched for."""
    return request.args.get("q", "").strip()[:80]


def active_filters(endpoint: str, labels: Mapping[str, object]) -> list[dict[str, str]]:
    """The filters in force (`labels`: by name, empty where not in force), each with the address of the list without it, at its start."""
    here = url_for(endpoint)
    return [
        {"label": str(label), "url": asked_again(here, **dict.fromkeys(("after", "find", name)))}
        for name, label in labels.items()
        if label
    ]


def filter_arguments(names: Iterable[str]) -> dict[str, Any]:
    """The filters of the address, for the same list as a file."""
    return {name: request.args[name] for name in names if request.args.get(name)}
