"""Who calls the API in the tests."""

from __future__ import annotations

from dataclasses import dataclass

from flask.testing import FlaskClient


@dataclass(frozen=True)
class Caller:
    """An API client of one workspace, with a token for the scopes asked for."""

    client: FlaskClient
    workspace_id: int
    token: str

    def post(self, path: str, body: object, **headers: str):
        return self.client.post(path, json=body, headers={**self._auth(), **headers})

    def put(self, path: str, body: object):
        return self.client.put(path, json=body, headers=self._auth())

    def patch(self, path: str, body: object):
        return self.client.patch(path, json=body, headers=self._auth())

    def delete(self, path: str):
        return self.client.delete(path, headers=self._auth())

    def get(self, path: str, **query: str):
        return self.client.get(path, query_string=query, headers=self._auth())

    def tool(self, name: str, body: object, **headers: str):
        return self.post(f"/api/v1/mcp/{name}", body, **headers)

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
