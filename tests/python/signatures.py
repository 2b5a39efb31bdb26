"""Signatures as text, for the tests of what programs rely on."""

import inspect


def parameters(function):
    """Its signature as text, without self, annotations and keyword-only extensions that have a default."""
    signature = inspect.signature(function)
    shown = []
    for parameter in list(signature.parameters.values())[1:]:
        star = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append((parameter.kind, f"{star}{parameter.name}{default}"))
    return shown


def assert_signature(function, expected):
    wanted = expected.strip("()")
    shown = [text for _, text in parameters(function)]
    if ", ".join(shown) != wanted:  # further keyword-only parameters with defaults take nothing away
        kept = [
            text
            for kind, text in parameters(function)
            if kind is not inspect.Parameter.KEYWORD_ONLY or text in wanted or "=" not in text
        ]
        assert ", ".join(kept) == wanted
