"""PostgreSQL, Redis and secrets for a machine that brings none of its own.

`start` and `stop` the servers of a DENTALOGIC_HOME, `discover` those that run, and ask
`environment` for the variables that a process of the project needs beside them.
"""

from dentalogic.embedded.environment import environment, load_dotenv
from dentalogic.embedded.home import SetupError, default_home
from dentalogic.embedded.servers import Endpoints, discover, start, stop

__all__ = [
    "Endpoints",
    "SetupError",
    "default_home",
    "discover",
    "environment",
    "load_dotenv",
    "start",
    "stop",
]
