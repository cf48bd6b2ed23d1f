"""The Flask extensions, unbound; `create_app` binds them."""

from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from talkhub.security import client_network

jwt = JWTManager()
cors = CORS()
limiter = Limiter(key_func=lambda: client_network(get_remote_address()))
