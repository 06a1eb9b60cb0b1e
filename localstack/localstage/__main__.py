"""The whole system on LocalStack, without Docker. `localstack/run`, `localstack/up` and `localstack/down` call this."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from localstage.commands import CommandFailed
from localstage.paths import Folders
from localstage.stage import Stage, deployed


def main() -> int:
    """Run one command; returns the exit status. What goes wrong is one line on stderr."""
    parser = argparse.ArgumentParser(prog="localstack", description=__doc__)
    parser.add_argument(
        "--folder",
        type=Path,
        default=os.environ.get("LOCALSTACK_FOLDER"),
        help="where the stage lives (default: $LOCALSTACK_FOLDER, or .localstack/run)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start LocalStack and Redis, deploy, print the form's address")
    up.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("LOCALSTACK_PORT") or "4566",
        help="LocalStack's port (default: $LOCALSTACK_PORT, or 4566)",
    )
    up.add_argument("--no-deploy", action="store_true", help="start LocalStack and Redis only")
    up.add_argument("--no-package", action="store_true", help="deploy the packages that stand in build/")
    commands.add_parser("down", help="stop everything and delete what it left")
    commands.add_parser("env", help='print what lets a shell talk to it: eval "$(localstack/run env)"')
    sls = commands.add_parser("sls", help="run the Serverless Framework against the running stage")
    sls.add_argument("arguments", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    folders = Folders(arguments.folder)
    try:
        match arguments.command:
            case "up":
                stage = Stage.start(folders, arguments.port)
                if not arguments.no_deploy:
                    print(f"The form: {stage.deploy(package=not arguments.no_package)}")
                    print("Stop it with: make localstack-down")
            case "down":
                Stage.stop(folders)
            case "env":
                for name, value in deployed(folders).environment.items():
                    print(f"export {name}={shlex.quote(value)}")
            case "sls":
                deployed(folders).serverless(*arguments.arguments)
    except CommandFailed as error:
        print(f"localstack: {error}", file=sys.stderr)
        return 1
    return 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
