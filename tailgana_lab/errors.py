"""Everything that is raised on purpose: one tree, so `except LabError` is enough.

LabError
├── InvalidRequestError   also ValueError: an option or argument that cannot be met
├── ProfileActiveError    also RuntimeError: a profile is running where another one was asked for
├── EngineError           also RuntimeError: the compiled engine failed, or is missing
├── StoreError            the store cannot be opened, read or written
├── UntrustedPayloadError kept code that this user has not signed
└── WorkloadError         measured code raised; the original is its `__cause__`
"""


class LabError(Exception):
    """Base of all errors that this package raises on purpose."""


class InvalidRequestError(LabError, ValueError):
    """An option or argument is wrong; the message names it and the way out."""


class ProfileActiveError(LabError, RuntimeError):
    """A profile is already running and the new one cannot join it."""


class EngineError(LabError, RuntimeError):
    """The compiled engine reported a failure, or could not be loaded."""


class StoreError(LabError):
    """The store cannot be opened, read or written; the message says where and why."""


class UntrustedPayloadError(LabError):
    """Kept code comes from another user, or was altered; it is not run."""


class WorkloadError(LabError):
    """The measured code raised; its own exception is `__cause__`."""

    @classmethod
    def of(cls, error: BaseException) -> "WorkloadError":
        """The error of measured code under one name, its text on the same line and itself as the cause.

        Examples
        --------
        >>> str(WorkloadError.of(KeyError("k")))
        "the workload raised KeyError: 'k'"
        """
        text = " ".join(str(error).split())
        own = cls(f"the workload raised {type(error).__name__}" + (f": {text}" if text else ""))
        own.__cause__ = error
        return own
