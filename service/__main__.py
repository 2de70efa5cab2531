"""``python -m service`` runs the command ``trivium``."""

from service.cli.main import main

if __name__ == "__main__":
    main()
