"""Structured logs: one JSON line an event, with the request's id; never a person."""

import logging.config
import sys
from typing import Any

import structlog
from django.conf import settings

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure() -> None:
    """Send everything, Django's and Celery's lines too, through the one renderer to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.LOG_JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": _SHARED,
                    "processors": [
                        _without_values,
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                }
            },
            "handlers": {
                "standard_error": {"class": "logging.StreamHandler", "formatter": "lines"}
            },
            "root": {"handlers": ["standard_error"], "level": settings.LOG_LEVEL},
            "loggers": {
                # Their lines carry the request's path, and SQL with parameters: ours say what is needed.
                "django.db.backends": {"level": "WARNING"},
                "django.request": {"level": "CRITICAL"},
            },
        }
    )


def _without_values(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Keep where an exception came from, drop its message: a driver's message repeats the row's values.

    A library's line about an exception keeps its wording without the parts filled in: one of them is that message.
    Of Django's lines about suspicious requests only the kind is kept: the wording itself repeats the request.
    """
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    record = event.get("_record")
    if record is not None and record.name.startswith("django.security"):
        event["event"] = record.name
        info = None
    exception = _exception(info)
    if exception is not None:
        if record is not None and not event.get("_from_structlog"):
            event["event"] = f"{record.name}: {record.msg}"
        event["exception"] = type(exception).__name__
        event["where"] = _where(exception)[-8:]
    return event


def _exception(info: Any) -> BaseException | None:
    if isinstance(info, tuple):
        info = info[1]
    elif info and not isinstance(info, BaseException):
        info = sys.exc_info()[1]
    return info or None


def _where(exception: BaseException) -> list[str]:
    frames = []
    step = exception.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{step.tb_lineno}:{code.co_name}")
        step = step.tb_next
    return frames
