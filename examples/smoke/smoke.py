#!/usr/bin/env python3
"""Synthetic traffic against one colour, before any user reaches it.

Sends some requests to every path, and writes what came of them as JUnit XML, one test case a path:

    kubectl port-forward deployment/my-app-green 18080:8080 &
    ./smoke.py --url http://127.0.0.1:18080 --junit smoke.xml /health /orders /products

Ends with 0 if every request was answered as expected, with 1 if not, with 2 if it was called wrongly.
Needs nothing but Python 3.9 or newer.
"""

import argparse
import http.client
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="where the colour answers, such as http://127.0.0.1:18080")
    parser.add_argument("--junit", required=True, help="file for the report")
    parser.add_argument("--requests", type=int, default=20, help="requests a path (20)")
    parser.add_argument("--slowest", type=float, default=0.5, help="seconds that each may take (0.5)")
    parser.add_argument("--wait", type=float, default=10, help="seconds to wait for the first connection (10)")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="such as /health")
    given = parser.parse_args()
    url = urllib.parse.urlsplit(given.url)
    if url.scheme != "http" or not url.hostname:
        parser.error(f"--url: {given.url!r} is not of the form http://host:port")
    if given.requests < 1:
        parser.error("--requests: at least 1")
    given.address = (url.hostname, url.port or 80)
    given.base = url.path.rstrip("/")
    return given


def wait_for(address, seconds):
    """A port-forward takes a moment until it listens."""
    until = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection(*address, timeout=1)
        try:
            connection.connect()
            return
        except OSError:
            if until <= time.monotonic():
                return  # Then every request says what is wrong.
            time.sleep(0.1)
        finally:
            connection.close()


def ask(address, path, slowest):
    """What is wrong with one answer, or None."""
    connection = http.client.HTTPConnection(*address, timeout=slowest)
    try:
        connection.request("GET", path, headers={"user-agent": "smoke", "connection": "close"})
        answer = connection.getresponse()
        answer.read()
        return None if answer.status == 200 else f"HTTP {answer.status}, expected 200"
    except TimeoutError:
        return f"no answer within {slowest:g} s"
    except (OSError, http.client.HTTPException) as problem:
        return f"{type(problem).__name__}: {problem}"
    finally:
        connection.close()


def main():
    given = arguments()
    wait_for(given.address, given.wait)
    suite = ElementTree.Element("testsuite", name="smoke", errors="0", skipped="0")
    total, failed = 0.0, 0
    for path in given.paths:
        begin = time.monotonic()
        wrong = [ask(given.address, given.base + path, given.slowest) for _ in range(given.requests)]
        wrong = [problem for problem in wrong if problem]
        took = time.monotonic() - begin
        total += took
        case = ElementTree.SubElement(
            suite, "testcase", classname="smoke", name=f"GET {path}", time=f"{took:.3f}"
        )
        print(f"GET {path}: {given.requests - len(wrong)} of {given.requests} as expected")
        if wrong:
            failed += 1
            message = f"{len(wrong)} of {given.requests} requests: {wrong[0]}"
            failure = ElementTree.SubElement(case, "failure", type="smoke", message=message)
            failure.text = "\n".join(wrong)
    counts = {"tests": str(len(given.paths)), "failures": str(failed), "time": f"{total:.3f}"}
    suite.attrib.update(counts)
    suites = ElementTree.Element("testsuites", errors="0", **counts)
    suites.append(suite)
    ElementTree.ElementTree(suites).write(given.junit, encoding="utf-8", xml_declaration=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
