"""`python -m dagprop`: the command line, where the `dagprop` command is not on the path."""

from dagprop.cli import main

if __name__ == "__main__":
    main()
