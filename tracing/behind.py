"""One piece of work at a time on a thread behind: a batch is stored while the next is read."""

import threading
from collections.abc import Callable

from tracing import store

Work = Callable[[], None]


class Behind:
    """Does what it is given; until `begin` was called, at once and in the caller's thread."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._given = threading.Semaphore(0)
        self._done = threading.Event()
        self._done.set()
        self._work: Work | None = None
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Have a thread of its own from now on, which ends with the process."""
        self._thread = threading.Thread(target=self._run, name="drain-store", daemon=True)
        self._thread.start()

    def give(self, work: Work) -> None:
        """Start this, once what was given before is done; raises what that raised."""
        self.wait()
        if self._thread is None:
            work()
            return
        self._work = work
        self._done.clear()
        self._given.release()

    def wait(self) -> None:
        """Until all is done; raises, once, what the last work raised."""
        self._done.wait()
        error, self._error = self._error, None
        if error is not None:
            raise error

    @property
    def busy(self) -> bool:
        """True while something is being done, or was and nobody asked how it went."""
        return self.working or self._error is not None

    @property
    def working(self) -> bool:
        """True while something is being done."""
        return not self._done.is_set()

    def _run(self) -> None:
        with store.closing():
            while True:
                self._given.acquire()
                work, self._work = self._work, None
                try:
                    if work is not None:
                        work()
                except BaseException as error:  # told to whoever waits
                    self._error = error
                finally:
                    self._done.set()
