"""The copy of a person's data as a file that is downloaded."""

from __future__ import annotations

import tempfile

from flask import Response, current_app, send_file

from talkhub import clock
from talkhub.services.administration.brands import Face, face_of
from talkhub.services.privacy.erasing import Subject, subject_of
from talkhub.services.privacy.subject_archive import write_archive
from talkhub.services.privacy.subject_copy import conversations_of, note_copy, read_copy
from talkhub.settings import Settings
from talkhub.store.uow import UnitOfWork

IN_MEMORY_BYTES = 4_000_000
"""Larger archives lie in a file without a name while they are sent."""


def archive_answer(uow: UnitOfWork, user_id: str, settings: Settings) -> Response:
    """Return the archive of a person's data, and write down that it was taken."""
    subject = subject_of(uow, user_id)
    copy = read_copy(uow, subject, settings)
    face = face_of(uow)
    page = current_app.jinja_env.get_template("privacy/copy.html").generate(
        copy=copy,
        conversations=conversations_of(uow, subject),
        taken_at=clock.now(),
        workspace=face.name,
    )
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 -- sent later
    write_archive(target, copy, conversations=lambda: conversations_of(uow, subject), readable=page)
    note_copy(uow, subject)
    target.seek(0)
    name = _name(face, subject)
    response = send_file(target, mimetype="application/zip", as_attachment=True, download_name=name)
    response.call_on_close(target.close)
    response.headers["Cache-Control"] = "no-store"
    return response


def _name(face: Face, subject: Subject) -> str:
    return f"{face.file_prefix or 'talkhub-'}{subject.profile_ids[0]}-{clock.now():%Y-%m-%d}.zip"
