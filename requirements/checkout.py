"""`.venv/bin/python requirements/checkout.py`: this virtual environment runs the checkout as it lies there.

Nothing of ours is installed: the folders are put on the environment's path, and `creditrisk` into its bin/.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (
    ROOT,
    *(ROOT / name for name in ("layers/common/python", "layers/model/python", "localstack/executor")),
)
COMMAND = f"""#!{sys.executable}
from cli.main import main

if __name__ == "__main__":
    main()
"""

Path(sysconfig.get_path("purelib"), "checkout.pth").write_text("".join(f"{folder}\n" for folder in FOLDERS))
command = Path(sysconfig.get_path("scripts"), "creditrisk")
command.write_text(COMMAND)
command.chmod(0o755)
