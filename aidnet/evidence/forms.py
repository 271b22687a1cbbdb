"""Forms of photos."""

from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import Form, MultipleFileField
from wtforms.validators import StopValidation

from aidnet.errors import Invalid
from aidnet.evidence.pictures import Picture, rebuilt
from aidnet.evidence.service import PHOTOS_MOST
from aidnet.i18n import gettext as _
from aidnet.i18n import lazy_gettext as _l
from aidnet.web.forms import BaseForm, UidField

#: What a form with photos may weigh, all in all.
SENT_MOST = 24_000_000


class PhotosField(MultipleFileField):
    """Photos, made anew from their pixels (`pictures`) when validated."""

    def __init__(self, label: object = _l("Photos"), validators: Any = None, **more: Any) -> None:
        kinds = {"accept": "image/jpeg,image/png,image/webp"}
        super().__init__(label, validators, render_kw=kinds, **more)
        self.pictures: list[Picture] = []

    def pre_validate(self, form: Form) -> None:
        files = [file for file in self.data or () if isinstance(file, FileStorage) and file.filename]
        if len(files) > PHOTOS_MOST:
            raise StopValidation(_("At most %(most)s photos are kept together.", most=PHOTOS_MOST))
        try:
            self.pictures = [rebuilt(file.stream.read()) for file in files]
        except Invalid as error:
            raise StopValidation(str(error)) from None


class PhotosForm(BaseForm):
    """Photos of an expense or a hand-out that is recorded already."""

    uid = UidField()
    photos = PhotosField(
        _l("Photos"),
        description=_l("At most four. They are made smaller, and where and when they were taken is left out."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if good and not self.photos.pictures:
            self.photos.errors = [*self.photos.errors, _("Choose a photo.")]
            good = False
        return good
