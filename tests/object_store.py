"""A real S3 server for the tests, in this process: moto's, which speaks the protocol over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SECRET = "a-secret-that-nobody-may-read"


class Bucket:
    """A bucket of the server; `environment` is what a command needs to reach it."""

    def __init__(self, client: Any, name: str, environment: dict[str, str]) -> None:
        self._client, self.name, self.environment = client, name, environment

    def upload(self, folder: Path, prefix: str) -> None:
        """Put every file of a folder under a prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=key, Body=data)

    def remove(self, key: str) -> None:
        self._client.delete_object(Bucket=self.name, Key=key)

    def keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def get(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def times(self, prefix: str) -> dict[str, object]:
        """When each object was written."""
        return {
            key: self._client.head_object(Bucket=self.name, Key=key)["LastModified"]
            for key in self.keys(prefix)
        }

    def download(self, prefix: str, folder: Path) -> Path:
        """Copy everything under a prefix to a folder."""
        for key in self.keys(prefix):
            place = folder / key.removeprefix(f"{prefix}/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(self.get(key))
        return folder


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """Yield a bucket of a server on this machine."""
    server_module = pytest.importorskip(
        "moto.server", reason="needs an S3 server: pip install 'moto[s3]' flask"
    )
    pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing-key",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="testing-key",
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="bucket")
        yield Bucket(client, "bucket", environment)
        client.close()
    finally:
        server.stop()
