"""Pages in Chromium, for tests in Python."""
import os
import subprocess

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check")


def faults(*paths):
    """What is wrong with pages or folders of pages, a line each. Where there is no browser that is said, and nothing is wrong."""
    r = subprocess.run([CHECK, *paths], capture_output=True, text=True)
    if r.returncode == 77:
        print(r.stdout.strip())
        return []
    if r.returncode == 0:
        return []
    return [l for l in r.stdout.splitlines() if not l.startswith("ok ")] + r.stderr.splitlines() or ["exit %d" % r.returncode]
