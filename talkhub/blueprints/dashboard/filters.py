"""How numbers, times and people's identifiers are written, in the request's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta, get_day_names
from babel.numbers import format_decimal

from talkhub import clock
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.i18n import locale
from talkhub.services.reporting.calendar_steps import Step

NOTHING = "\N{EN DASH}"
"""Written where there is no value, as a ratio of nothing to nothing."""

_LEAST = timedelta(microseconds=1)
_MINUS = "\N{MINUS SIGN}"
_NARROW_SPACE = "\u202f"
_DAY = {"pt_BR": "d MMM", "en": "MMM d", "es": "d MMM"}
_DAY_IN_FULL = {"pt_BR": "d 'de' MMMM", "en": "MMMM d", "es": "d 'de' MMMM"}
_DATE = {"pt_BR": "dd/MM/yyyy", "en": "MMM d, yyyy", "es": "dd/MM/yyyy"}
_MONTH = {"pt_BR": "MMMM 'de' yyyy", "en": "MMMM yyyy", "es": "MMMM 'de' yyyy"}
_TIME = {"pt_BR": "HH:mm", "en": "h:mm a", "es": "HH:mm"}
_SECONDS = {"pt_BR": "HH:mm:ss", "en": "h:mm:ss a", "es": "HH:mm:ss"}
_HOUR = {"pt_BR": "H'h'", "en": "h a", "es": "H 'h'"}
_BRAZILIAN_PHONE = re.compile(r"55(\d{2})(9?)\d{4}(\d{4})")
_PHONE = re.compile(r"\+\d{7,15}|\d{11,15}")
_SHORTEST_PHONE = 7
_WORD_STARTS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def number(value: float | None, digits: int = 0) -> str:
    """1234.5 -> `1.234,5`; with a true minus, and none before a zero."""
    if value is None:
        return NOTHING
    return _written(round(value, digits) or 0, digits, locale())


def signed(value: float | None, digits: int = 0) -> str:
    """0.44 -> `+0,44`; zero has no sign."""
    if value is None:
        return NOTHING
    text = number(value, digits)
    return f"+{text}" if round(value, digits) > 0 else text


def percent(share: float | None, digits: int = 1) -> str:
    """0.714 -> `71,4 %` in Portuguese and Spanish, `71.4%` in English."""
    if share is None:
        return NOTHING
    space = "" if locale() == "en" else _NARROW_SPACE
    return f"{number(share * 100, digits)}{space}%"


def duration(seconds: float | None) -> str:
    """1.44 -> `1,4 s`; 130 -> `2 min 10 s`; 3900 -> `1 h 5 min`; days beyond 48 hours."""
    if seconds is None:
        return NOTHING
    if seconds < 59.5:
        return f"{number(seconds, 1 if seconds < 9.95 else 0)} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return format_timedelta(timedelta(hours=hours), locale=locale(), threshold=1)


def age(moment: datetime) -> str:
    """Return how long ago a moment was, without saying that it is past: `8 s`, `4 min`, `2 h`."""
    gone = max(clock.now() - moment, timedelta())
    return format_timedelta(gone, format="narrow", threshold=1, locale=locale())


def ago(moment: datetime) -> str:
    """Return how long ago a moment was: `há 8 s`."""
    return _("há %(age)s") % {"age": age(moment)}


def time_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """18:04."""
    return _clock_time(moment.astimezone(zone).time(), _TIME[locale()], locale())


def times_of_day(moments: Iterable[datetime], zone: ZoneInfo) -> list[str]:
    """Name all minutes of a course."""
    return [time_of_day(moment, zone) for moment in moments]


def time_with_seconds(moment: datetime, zone: ZoneInfo) -> str:
    """18:04:08, of what goes by while somebody looks."""
    return _clock_time(moment.astimezone(zone).time(), _SECONDS[locale()], locale())


def hour(moment: datetime, zone: ZoneInfo) -> str:
    """18h."""
    return _clock_time(moment.astimezone(zone).time(), _HOUR[locale()], locale())


def day(moment: datetime | date, zone: ZoneInfo) -> str:
    """21 nov."""
    return _formatted(moment, zone, _DAY).replace(".", "")


def day_of_text(moment: str, zone: ZoneInfo) -> str:
    """Return the day of a moment as the tools write it."""
    return day(datetime.fromisoformat(moment), zone)


def last_day(end: datetime, zone: ZoneInfo) -> str:
    """Return the last day that lies before an end: `21 nov` for its midnight."""
    return day(end - _LEAST, zone)


def step_name(moment: datetime, step: Step, zone: ZoneInfo) -> str:
    """Name a step of a course: an hour or a day."""
    return hour(moment, zone) if step is Step.HOUR else day(moment, zone)


def step_names(moments: Iterable[datetime], step: Step, zone: ZoneInfo) -> list[str]:
    """Name all steps of a course."""
    return [step_name(moment, step, zone) for moment in moments]


def weekday(number_from_sunday: int) -> str:
    """0 -> `dom`."""
    return _weekday_names(locale())[number_from_sunday]


def full_date(moment: datetime | date, zone: ZoneInfo) -> str:
    """21/11/2026."""
    return _formatted(moment, zone, _DATE)


def month(moment: datetime, zone: ZoneInfo) -> str:
    """Return a month and its year: `novembro de 2026`."""
    return _formatted(moment, zone, _MONTH)


def day_heading(moment: datetime | date, zone: ZoneInfo) -> str:
    """`Hoje, 21 de novembro`; other years are named."""
    day_of = _local_day(moment, zone)
    today = clock.now().astimezone(zone).date()
    text = _formatted(day_of, zone, _DAY_IN_FULL)
    if day_of == today:
        return _("Hoje, %(day)s") % {"day": text}
    if day_of == today - timedelta(days=1):
        return _("Ontem, %(day)s") % {"day": text}
    return text if day_of.year == today.year else full_date(day_of, zone)


def moment_brief(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time of a moment today, the day of one this year, else the date."""
    today = clock.now().astimezone(zone).date()
    day_of = _local_day(moment, zone)
    if day_of == today:
        return time_of_day(moment, zone)
    return day(day_of, zone) if day_of.year == today.year else full_date(day_of, zone)


def zone_name(zone: ZoneInfo) -> str:
    """Return a time zone by its city and offset from GMT."""
    spoken = Locale.parse(locale()).time_zones.get(zone.key, {})
    city = spoken.get("city") or zone.key.rsplit("/", 1)[-1].replace("_", " ")
    offset = clock.now().astimezone(zone).strftime("%z")
    return f"{city}, GMT{_short_offset(offset)}"


def masked_phone(text: str) -> str:
    """+5519998764821 -> `+55 19 9••••-4821`: who knows the number recognises it."""
    digits = re.sub(r"\D", "", text)
    brazilian = _BRAZILIAN_PHONE.fullmatch(digits)
    if brazilian:
        area, nine, last = brazilian.groups()
        return f"+55 {area} {nine}••••-{last}"
    return f"+{digits[:2]} ••••-{digits[-4:]}" if len(digits) >= _SHORTEST_PHONE else "••••"


def masked_email(text: str) -> str:
    """renata@agenciamare.example -> `r•••@agenciamare.example`."""
    name, _at, domain = text.partition("@")
    return f"{name[:1]}•••@{domain}" if domain else "•••"


def masked_id(user_id: str) -> str:
    """Return a provider's id of a person; masked if it is their phone number."""
    return masked_phone(user_id) if _PHONE.fullmatch(user_id) else user_id


def person_name(name: str | None, phone: str | None, user_id: str) -> str:
    """Return what a person is called: by name, else by what identifies them, masked."""
    return name or (masked_phone(phone) if phone else masked_id(user_id))


def initials(name: str) -> str:
    """Casa Lume -> `CL`, TalkHub -> `TH`."""
    words = _WORD_STARTS.sub(" ", name).split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else list(name.strip()[:2])
    return "".join(letters).upper()


# A page writes hundreds of numbers and days, mostly those that the last one wrote: Babel takes some
# tenths of a millisecond for each.
@lru_cache(maxsize=16_384)
def _written(rounded: float, digits: int, name: str) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(rounded, format=pattern, locale=name).replace("-", _MINUS)


@lru_cache(maxsize=4096)
def _clock_time(local: time, pattern: str, name: str) -> str:
    return format_time(local, pattern, locale=name)


@lru_cache(maxsize=4096)
def _calendar_day(local: date, pattern: str, name: str) -> str:
    return format_date(local, pattern, locale=name)


@cache
def _weekday_names(name: str) -> list[str]:
    """Return them from Sunday on."""
    names = get_day_names("abbreviated", locale=name)
    return [str(names[(place + 6) % 7]).rstrip(".") for place in range(7)]


def _formatted(moment: datetime | date, zone: ZoneInfo, patterns: dict[str, str]) -> str:
    return _calendar_day(_local_day(moment, zone), patterns[locale()], locale())


def _local_day(moment: datetime | date, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def _short_offset(offset: str) -> str:
    """+0300 -> `+3`; +0530 -> `+5:30`; nothing for GMT itself."""
    sign, hours, minutes = offset[0], int(offset[1:3]), int(offset[3:5])
    whole = f"{_MINUS if sign == '-' else '+'}{hours}"
    if minutes:
        return f"{whole}:{minutes:02}"
    return whole if hours else ""


FILTERS: dict[str, Callable[..., object]] = {
    function.__name__: function
    for function in (
        number,
        signed,
        percent,
        duration,
        age,
        ago,
        time_of_day,
        times_of_day,
        time_with_seconds,
        hour,
        day,
        day_of_text,
        last_day,
        step_name,
        step_names,
        weekday,
        full_date,
        month,
        day_heading,
        moment_brief,
        zone_name,
        masked_phone,
        masked_email,
        masked_id,
        person_name,
        initials,
    )
}
"""What templates may use, by the functions' own names."""
