import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

# In a process of its own: what is registered for forks stays registered.
PROGRAM = """
import asyncio, os, signal, sys, threading
from function_host.forking import let_forks_go

told = []

def fork_and_end():
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.append, "told")
    let_forks_go()
    codes = {{ {call} for _ in range(50) }}
    await asyncio.sleep(0.01)
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.01)
    print(codes, told, held)

asyncio.run(main())
"""


@pytest.mark.parametrize("call", ["fork_and_end()", "await asyncio.to_thread(fork_and_end)"])
def test_what_ends_a_forked_process_is_not_told_to_the_loop(call):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)], capture_output=True, text=True, timeout=30, check=True
    )

    # All ended by the signal; the loop was told of its own one only, and no signal is held back afterwards.
    assert done.stdout == "{-15} ['told'] set()\n"
