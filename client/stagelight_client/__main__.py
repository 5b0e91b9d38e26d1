"""`python -m stagelight_client`."""

import sys

from stagelight_client.cli import main

sys.exit(main())
