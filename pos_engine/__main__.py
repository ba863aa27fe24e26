"""`python -m pos_engine`: the same program as `pos-engine`."""

from pos_engine.daemon.cli import main

if __name__ == "__main__":
    main()
