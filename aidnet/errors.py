"""The failures a person can act on. Each slice keeps its own beside the function that raises it."""

from aidnet.i18n import lazy_gettext as _l


class AidnetError(Exception):
    """A failure with a sentence for a person, an HTTP status, and a code that never changes."""

    status = 400
    code = "error"
    #: A translatable sentence; `str(error)` is what a page shows.
    sentence: object = _l("That did not work.")

    def __init__(self, sentence: object | None = None, *, field: str | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.shown = sentence or self.sentence
        #: The form field the sentence belongs beside, where there is one.
        self.field = field

    def __str__(self) -> str:
        return str(self.shown)


class NotVisible(AidnetError):
    """There is no such row, or not for this actor. The two are never told apart."""

    status = 404
    code = "not-found"
    sentence = _l("There is nothing here, or it is not yours to see.")


class Refused(AidnetError):
    """The actor's role does not allow the act."""

    status = 403
    code = "refused"
    sentence = _l("Your role does not allow this.")


class Invalid(AidnetError):
    """What was sent has the right shape but cannot be so."""

    status = 422
    code = "invalid"
    sentence = _l("Please look at what was typed.")


class Stale(AidnetError):
    """Somebody changed the row since this form was drawn."""

    status = 409
    code = "stale"
    sentence = _l("Somebody changed this since you opened it. Look at the newer version, then try again.")
