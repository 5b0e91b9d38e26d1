"""The bridge: enough of ClickHouse's HTTP protocol for the real client to find nothing amiss."""

import gzip
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest

from tests.clickhouse_bridge import Bridge


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    found = Bridge()
    yield found
    found.close()


@pytest.fixture(params=["lz4", "gzip", False])
def client(request: pytest.FixtureRequest, bridge: Bridge) -> Iterator[Any]:
    found = clickhouse_connect.get_client(dsn=bridge.url, compress=request.param)
    yield found
    found.command("DROP TABLE IF EXISTS bridged")
    found.close()


def test_what_is_inserted_comes_back_under_every_compression(client: Any) -> None:
    client.command("CREATE TABLE bridged (n UInt32, text Nullable(String)) ENGINE = MergeTree ORDER BY n")
    numbers = list(range(100_000))  # several blocks
    texts = [None if n % 7 == 0 else f"❄ {n}" for n in numbers]
    client.insert("bridged", [numbers, texts], column_names=["n", "text"], column_oriented=True)
    found = client.query("SELECT n, text FROM bridged ORDER BY n").result_rows
    assert found == list(zip(numbers, texts, strict=True))


def test_parameters_too_long_for_an_address_come_in_a_form(client: Any) -> None:
    long = "'\\\t\n" * 10_000
    assert client.query("SELECT {long:String}", parameters={"long": long}).result_rows == [(long,)]


def test_parameters_too_long_for_a_server_are_refused(client: Any) -> None:
    with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError, match="Field value too long"):
        client.query("SELECT {long:String}", parameters={"long": "x" * 131_074})


def test_an_error_has_its_code_and_leaves_the_connection_usable(client: Any) -> None:
    with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError) as caught:
        client.query("SELECT no_such_column")
    assert caught.value.code == 47
    assert client.query("SELECT 1").result_rows == [(1,)]


def test_a_setting_holds_for_one_query_only(client: Any) -> None:
    sql = "SELECT getSetting('max_result_rows')"
    assert client.query(sql, settings={"max_result_rows": 77}).result_rows == [(77,)]
    assert client.query(sql).result_rows == [(0,)]


def test_a_setting_that_does_not_exist_is_refused(bridge: Bridge) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{bridge.url}?no_such_setting=1", data=b"SELECT 1")
    assert caught.value.headers["X-ClickHouse-Exception-Code"] == "115"


def test_statements_without_a_result_name_no_format(bridge: Bridge) -> None:
    with urllib.request.urlopen(bridge.url, data=b"DROP TABLE IF EXISTS bridged") as answer:
        assert (answer.headers["X-ClickHouse-Format"], answer.read()) == (None, b"")
    with urllib.request.urlopen(bridge.url, data=b"SELECT 1 WHERE 0") as answer:
        assert (answer.headers["X-ClickHouse-Format"], answer.read()) == ("TabSeparated", b"")


def test_answers_are_packed_for_those_who_ask(bridge: Bridge) -> None:
    request = urllib.request.Request(
        f"{bridge.url}?enable_http_compression=1", b"SELECT 'a' FORMAT TSV", {"Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(request) as answer:
        assert gzip.decompress(answer.read()) == b"a\n"
