"""The Flask extensions, unbound; `create_app` binds them."""

from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import RedisError

from talkhub.security import client_network


class SteadyLimiter(Limiter):
    """Counts in memory while Redis is away, also for requests that lose it together.

    Flask-Limiter has only the first of them go over to memory, and lets the others fail.
    """

    def _check_request_limit(
        self,
        callable_name: str | None = None,
        in_middleware: bool = True,  # noqa: FBT001, FBT002 -- as it is called
    ) -> None:
        try:
            super()._check_request_limit(callable_name, in_middleware)
        except RedisError:
            super()._check_request_limit(callable_name, in_middleware)


jwt = JWTManager()
cors = CORS()
limiter = SteadyLimiter(key_func=lambda: client_network(get_remote_address()))
