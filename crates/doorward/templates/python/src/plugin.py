"""The connector as Doorward sees it: each export opens its connection and hands on.

Nothing is kept between two calls: each has an instance of its own, and all that it needs is in its
arguments.
"""

import json

from wit_world import exports

from connector import changes, check, explain, read, settle, sync
from connector.connection import open_connection, reach
from connector.descriptor import DESCRIPTOR


class Connector(exports.Connector):
    def describe(self):
        return json.dumps(DESCRIPTOR)

    def reach(self, connection):
        return reach(open_connection(connection))

    def start(self, connection, request):
        return sync.start(request)

    def check(self, connection):
        return check.check(open_connection(connection))

    def sync(self, connection, request):
        return sync.sync(open_connection(connection), request)

    def read(self, connection, request):
        return read.read(open_connection(connection), request)

    def apply(self, connection, request):
        return changes.apply(open_connection(connection), request)

    def settle(self, connection, request):
        return settle.settle(open_connection(connection), request)

    def explain(self, connection, failure):
        return explain.explain(failure)
