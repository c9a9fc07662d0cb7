"""Texts from outside, made such that both databases take them and give the same back."""


def storable(text: str) -> str:
    """`text` without NUL, which PostgreSQL refuses, and without halves of surrogate pairs.

    JSON may hold both ("\\u0000", "\\ud800"), and one such name must not cost a whole pull.
    """
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
