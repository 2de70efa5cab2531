"""Callers: the scopes of their key, and their own part of the prefix cache."""

from service.keys.caller import ANONYMOUS, UNRESTRICTED, Caller
from service.keys.key import MOST_URGENT, Scope
from service.keys.rate_limits import KeyLimits
from tests.keys.making import key


def caller(name: str, secret: str, *scopes: Scope) -> Caller:
    return Caller.from_key(key(name, secret, *scopes), KeyLimits())


def test_one_of_several_scopes_is_enough() -> None:
    found = caller("a", "s", Scope.GENERATE)
    assert found.has_any_scope([Scope.GENERATE, Scope.ANSWER])
    assert not found.has_any_scope([Scope.ANSWER])
    assert not found.has_any_scope([])


def test_admin_has_every_scope() -> None:
    found = caller("a", "s", Scope.ADMIN)
    assert all(found.has_any_scope([scope]) for scope in Scope)
    assert found.has_any_scope([])


def test_the_cache_salt_depends_on_the_secret_and_not_on_the_name() -> None:
    salts = {caller(name, secret).cache_salt("") for name, secret in (("a", "s"), ("b", "s"), ("a", "other"))}
    assert len(salts) == 2


def test_no_requested_salt_reaches_the_cache_of_another_key() -> None:
    one, other = caller("a", "s"), caller("b", "t")
    assert one.cache_salt("x") != one.cache_salt("")
    assert one.cache_salt(other.cache_salt("")) != other.cache_salt("")


def test_without_keys_the_requested_salt_is_used_as_it_is() -> None:
    assert UNRESTRICTED.cache_salt("x") == ANONYMOUS.cache_salt("x") == "x"
    assert all(UNRESTRICTED.has_any_scope([scope]) for scope in Scope)
    assert UNRESTRICTED.priority == MOST_URGENT
    assert not any(ANONYMOUS.has_any_scope([scope]) for scope in Scope)
