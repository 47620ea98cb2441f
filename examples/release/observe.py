#!/usr/bin/env python3
"""Watches a colour through Prometheus: ends with 0 if it did well all the time, else with 1.

    ./observe.py --prometheus http://prometheus:9090 --version green --seconds 300

It gives up at the first look that is bad. Missing data is bad too: nobody has proved that a colour is
healthy whom nobody has called. Needs nothing but Python 3.9 or newer.
"""

import argparse
import json
import math
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# Asked of the caller's side: a pod that is not there reports nothing of itself.
ALL = 'istio_requests_total{{reporter="source",destination_version="{version}"}}'
BAD = 'istio_requests_total{{reporter="source",destination_version="{version}",response_code=~"5.."}}'
TIMES = 'istio_request_duration_milliseconds_bucket{{reporter="source",destination_version="{version}"}}'

REQUESTS = f"sum(increase({ALL}[{{window}}]))"
ERRORS = f"(sum(rate({BAD}[{{window}}])) or vector(0)) / sum(rate({ALL}[{{window}}]))"
P99 = f"histogram_quantile(0.99, sum by (le) (rate({TIMES}[{{window}}])))"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prometheus", help="address, such as http://prometheus:9090")
    parser.add_argument("--version", required=True, help="label of the pods: blue or green")
    parser.add_argument("--seconds", type=float, default=300, help="how long to watch (300)")
    parser.add_argument("--every", type=float, default=15, help="seconds between two looks (15)")
    parser.add_argument("--warm-up", type=float, default=60, help="seconds before the first look (60)")
    parser.add_argument("--window", default="1m", help="range of each query (1m)")
    parser.add_argument("--errors", type=float, default=0.01, help="share of 5xx that is too much (0.01)")
    parser.add_argument("--p99", type=float, default=500, help="milliseconds that are too slow (500)")
    parser.add_argument("--requests", type=float, default=30, help="least requests a window (30)")
    parser.add_argument("--show", action="store_true", help="print the queries and do nothing")
    given = parser.parse_args()
    if not given.show and not given.prometheus:
        parser.error("--prometheus is needed")
    return given


def ask(prometheus, query):
    """The one value of a query, or None if there is none."""
    url = f"{prometheus.rstrip('/')}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(url, timeout=10) as answer:
        result = json.load(answer)["data"]["result"]
    value = float(result[0]["value"][1]) if result else math.nan
    return None if math.isnan(value) else value


def look(given, queries):
    """What is wrong now, or None."""
    requests, errors, p99 = (ask(given.prometheus, query) for query in queries)
    shown = ["no data" if value is None else f"{value:g}" for value in (requests, errors, p99)]
    print(f"requests {shown[0]}, share of errors {shown[1]}, p99 {shown[2]} ms", flush=True)
    if requests is None or errors is None or p99 is None:
        return "there is no data"
    if requests < given.requests:
        return f"{requests:g} requests prove nothing; {given.requests:g} are needed"
    if given.errors < errors:
        return f"{errors:.2%} of the requests fail; {given.errors:.2%} are allowed"
    if given.p99 < p99:
        return f"one request in a hundred takes {p99:.0f} ms; {given.p99:.0f} ms are allowed"
    return None


def main():
    given = arguments()
    names = {"version": given.version, "window": given.window}
    queries = [query.format(**names) for query in (REQUESTS, ERRORS, P99)]
    if given.show:
        print("\n".join(queries))
        return 0
    end = time.monotonic() + given.seconds
    time.sleep(min(given.warm_up, given.seconds))
    while True:
        try:
            problem = look(given, queries)
        except (OSError, ValueError, KeyError, urllib.error.URLError) as wrong:
            problem = f"Prometheus cannot be asked: {wrong}"
        if problem:
            print(f"{given.version}: {problem}", file=sys.stderr)
            return 1
        rest = end - time.monotonic()
        if rest <= 0:
            return 0
        time.sleep(min(given.every, rest))


if __name__ == "__main__":
    sys.exit(main())
