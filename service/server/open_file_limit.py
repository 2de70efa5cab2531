"""The limit on open files: sockets, files and pipes of a process, which are file descriptors."""

import resource

_MOST = 1 << 20  # some container runtimes set a hard limit of a thousand million, which helps nobody


def raise_limit() -> None:
    """Raise the soft limit of this process and of its later children to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _bounded(hard)
    if _bounded(soft) < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def current_limit() -> int:
    """The most open files of this process."""
    return _bounded(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _bounded(limit: int) -> int:
    return _MOST if limit == resource.RLIM_INFINITY else min(limit, _MOST)
