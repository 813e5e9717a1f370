"""Random programs, held to the interpreter in every way that there is to run them: `python -m tests.fuzz`.

    python -m tests.fuzz                                 10,000 programs
    python -m tests.fuzz --programs 0 --seconds 3600     as many as an hour allows
    python -m tests.fuzz --seed 8215 --programs 1        one again

Each program follows from its seed. One that fails is made smaller and printed as Python that runs.
"""

import argparse
import multiprocessing
import os
import queue
import sys
from time import monotonic

from tests.fuzz.failing import DONE, work


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=10_000, help="how many; 0 for no end")
    parser.add_argument("--seed", type=int, default=0, help="that of the first; the others follow")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to stop")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many processes")
    return parser.parse_args()


def main():
    given = arguments()
    spawn = multiprocessing.get_context("spawn")  # everywhere alike
    last = given.seed + given.programs if given.programs else sys.maxsize
    told, at = spawn.Queue(), [spawn.Value("q", -1) for _ in range(given.jobs)]
    workers = [
        spawn.Process(target=work, args=(range(given.seed + i, last, given.jobs), given.seconds, at[i], told))
        for i in range(given.jobs)
    ]
    for worker in workers:
        worker.start()
    start, count, causes, running = monotonic(), 0, {}, len(workers)
    while running:
        try:
            news = told.get(timeout=1)
        except queue.Empty:
            died = [seed.value for worker, seed in zip(workers, at, strict=True) if worker.exitcode]
            if died:
                sys.exit(f"a process died with the program of seed {', '.join(map(str, died))}")
            continue
        if news is DONE:
            running -= 1
            continue
        count += 1
        for cause, text in news:
            causes.setdefault(cause, []).append(text)
            if len(causes[cause]) == 1:
                print(text, flush=True)
    print(f"{count} programs in {monotonic() - start:.0f} s: {sum(map(len, causes.values()))} failures")
    for cause, texts in sorted(causes.items(), key=lambda item: -len(item[1])):
        print(f"{len(texts):6} {cause}")
    sys.exit(1 if causes else 0)


if __name__ == "__main__":
    main()
