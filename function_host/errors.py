"""Errors of the functions host.

HostError
├── AppLoadError
│   ├── AppNotFound
│   ├── DuplicateFunction
│   └── ReservedModuleName
├── ConfigError
├── KeysUnavailable
├── KeysReadOnly
├── BindingError
├── FunctionError
│   └── FunctionTimeout
└── AddressInUse
"""


class HostError(Exception):
    """Anything the host itself has to say."""


class AppLoadError(HostError):
    """The app's script is missing, broken, or does not hold exactly one app; user code's error is the cause."""


class AppNotFound(AppLoadError):
    """The folder holds no function app at all."""


class DuplicateFunction(AppLoadError):
    """Two functions of the app have one name."""


class ReservedModuleName(AppLoadError):
    """The app has a module or package of its own with a name that the host's packages need."""


class ConfigError(HostError):
    """host.json or local.settings.json cannot be used; the message says where and why."""


class KeysUnavailable(HostError):
    """The store that keeps the keys cannot be reached now; nobody gets in by a key that is not known yet."""


class KeysReadOnly(HostError):
    """The keys are given to the app from outside, and are changed there."""


class BindingError(HostError):
    """A value cannot become that parameter, or a returned value cannot become that output."""


class FunctionError(HostError):
    """User code did something a function must not do (its own exceptions are kept as they are)."""


class FunctionTimeout(FunctionError):
    """The function ran longer than host.json allows."""


class AddressInUse(HostError):
    """The address the host was told to listen on is taken."""
