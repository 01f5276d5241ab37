"""``python -m oncospan``."""

from oncospan.cli import main

if __name__ == "__main__":
    main()
