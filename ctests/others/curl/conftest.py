"""Takes the place of the conftest.py beside curl's tests, which also wants Apache's httpd with its build tools. The WebSocket tests don't use it."""

import pytest
from testenv import Env
from testenv.env import EnvConfig


@pytest.fixture(scope="session")
def env(pytestconfig):
    env = Env(pytestconfig=pytestconfig, env_config=EnvConfig(pytestconfig=pytestconfig))
    env.setup()
    return env
