"""``python -m hsesg_carbon`` is the command ``hsesg-carbon``."""

from hsesg_carbon.cli import main

if __name__ == "__main__":
    main()
