"""What goes out compressed, and to whom it does not."""

import gzip

from flask.testing import FlaskClient

TAKES = {"Accept-Encoding": "gzip, br"}


def test_pages_and_files_are_compressed_for_who_takes_them_so(client: FlaskClient) -> None:
    for address in ("/", "/clerk", "/static/style.css", "/static/form.js", "/nothing"):
        plain, packed = client.get(address), client.get(address, headers=TAKES)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) * 0.6
        assert gzip.decompress(packed.data)[:15] == plain.data[:15]
        assert "Accept-Encoding" in plain.vary and "Accept-Encoding" in packed.vary
        assert plain.headers.get("ETag") is None or plain.headers["ETag"] != packed.headers["ETag"]


def test_what_is_small_or_refused_as_gzip_stays_as_it_is(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=TAKES).headers
    assert "Content-Encoding" not in client.get("/", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_gateway_that_would_take_it_for_text_gets_none_and_a_function_url_does(client: FlaskClient) -> None:
    for event, expected in (({"resource": "/{proxy+}"}, None), ({"version": "2.0"}, "gzip")):
        reply = client.get("/", headers=TAKES, environ_overrides={"serverless.event": event})
        assert reply.headers.get("Content-Encoding") == expected
