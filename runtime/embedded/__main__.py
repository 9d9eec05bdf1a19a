"""`python -m runtime.embedded start|stop|status|url`: the embedded database without Django."""

import sys

from runtime import embedded


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in ("start", "stop", "status", "url"):
        print("Say one of: start, stop, status, url.", file=sys.stderr)
        return 2
    try:
        if arguments[0] == "start":
            embedded.start_for_good()
            print(embedded.status())
        elif arguments[0] == "stop":
            print("stopped" if embedded.stop() else "was not running")
        elif arguments[0] == "status":
            print(embedded.status())
        else:
            print(embedded.url())
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
