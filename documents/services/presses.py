"""A button that is pressed twice: a browser without JavaScript sends both, and shows the second answer.

A form names the press; what was sent with it is part of the key, so that a form that is gone back to and changed is
another press.
"""

from eid_portal.core import sealed

PURPOSE = "documents.press"


def key_of(press: str, *sent: str) -> str:
    """What a press and all that was sent with it is known by; nothing can be read from it."""
    return str(sealed.blind_index(PURPOSE, "\0".join((press, *sent))))
