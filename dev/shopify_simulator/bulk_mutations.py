"""Bulk mutations: staged upload of the variables, validation of the mutation, one run per line of the file."""
from __future__ import annotations

import base64
import json
import re
import uuid
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from . import static
from .errors import NotModelled, refuse
from .executor import Document, Execution
from .registry import mutation
from .schema import load_schema

Node = dict[str, Any]

UPLOAD_PATH = "/staged-uploads/"
AT_ONCE = 5
RUNNING = ("CREATED", "RUNNING", "CANCELING")
MAX_FILE = 100 * 1024 * 1024
_NOT_ALLOWED = {"bulkOperationRunMutation", "bulkOperationRunQuery", "bulkOperationCancel"}
_IDENTIFIER = range(10, 256)


@mutation("stagedUploadsCreate")
def _stage(args: Node, ctx: Any) -> Node:
    targets = []
    for row in args["input"]:
        if row["resource"] != "BULK_MUTATION_VARIABLES" or row.get("httpMethod") not in (None, "POST"):
            raise NotModelled(f"stagedUploadsCreate(resource: {row['resource']}, httpMethod: {row.get('httpMethod')})")
        token = uuid.UUID(int=ctx.shop.random.getrandbits(128), version=4)
        key = f"tmp/{ctx.shop.meta['shop_number']}/bulk/{token}/{row['filename']}"
        now = ctx.now
        policy = base64.b64encode(json.dumps({"key": key}).encode()).decode()
        parameters = {
            "Content-Type": row["mimeType"], "success_action_status": "201", "acl": "private", "key": key,
            "x-goog-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-goog-credential": f"simulator/{now:%Y%m%d}/auto/storage/goog4_request",
            "x-goog-algorithm": "GOOG4-RSA-SHA256", "x-goog-signature": "0" * 64, "policy": policy}
        ctx.shop.add("StagedUpload", key=key, body=None)
        url = f"{ctx.server.base_url}{UPLOAD_PATH}"
        targets.append({"url": url, "resourceUrl": url,
                        "parameters": [{"name": name, "value": value} for name, value in parameters.items()]})
    return {"stagedTargets": targets}


def receive(shop: Any, content_type: str, raw: bytes) -> tuple[int, str]:
    """(HTTP status, XML) of a multipart upload: every parameter first, the file last, as the storage demands."""
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw, policy=HTTP)
    parts = [(part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
             for part in message.iter_parts()] if message.is_multipart() else []
    fields = {name: body.decode("utf-8", "replace") for name, body in parts if name != "file"}
    if not parts or parts[-1][0] != "file":
        return 400, "<Error><Code>InvalidArgument</Code><Message>The file must be the last field.</Message></Error>"
    found = _upload(shop, fields.get("key"))
    if found is None:
        return 403, "<Error><Code>AccessDenied</Code></Error>"
    body = parts[-1][1]
    if not 0 < len(body) <= MAX_FILE:
        return 400, "<Error><Code>EntityTooLarge</Code></Error>"
    with shop.transaction():
        shop.touch(found)
        found["body"] = body
    return 201, f"<PostResponse><Key>{fields['key']}</Key></PostResponse>"


def _upload(shop: Any, key: str | None) -> Node | None:
    return next((row for row in shop.all("StagedUpload") if row["key"] == key), None)


@mutation("bulkOperationRunMutation")
def _run(args: Node, ctx: Any) -> Node:
    text = args["mutation"]
    _validate(text, args.get("clientIdentifier"))
    upload = _upload(ctx.shop, args["stagedUploadPath"])
    if upload is None or upload["body"] is None:
        raise refuse(None, "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL "
                     "correctly for the stagedUploadPath mutation argument.", "NO_SUCH_FILE")
    _, errors = static.static_errors(ctx.document.loaded, text)
    if errors:
        raise refuse(["mutation"], "; ".join(error["message"] for error in errors), "INVALID_MUTATION")
    running = [row["id"] for row in ctx.shop.all("BulkOperation")
               if row["app"] == ctx.app.client_id and row["status"] in RUNNING and row["type"] == "MUTATION"]
    if len(running) >= AT_ONCE:
        raise refuse(None, f"A bulk mutation operation for this app and shop is already in progress: {', '.join(running)}.",
                     "OPERATION_IN_PROGRESS")
    operation = ctx.shop.add(
        "BulkOperation", type="MUTATION", status="CREATED", query=text, errorCode=None, completedAt=None, fileSize=None, url=None,
        partialDataUrl=None, objectCount="0", rootObjectCount="0", app=ctx.app.client_id, body=b"", expires=0.0,
        upload=upload["id"])
    ctx.shop.later("bulk_start", ctx.shop.meta.get("bulk_delay", 0), operation=operation["id"], version=ctx.version, grouped=False)
    return {"bulkOperation": dict(operation)}


def _validate(text: str, identifier: str | None) -> None:
    """Refuse what Shopify refuses, in its words."""
    try:
        ast = parse(text)
    except GraphQLSyntaxError as error:
        message = static.parse_error(error)["message"]
        raise refuse(None, f"Failed to parse the mutation - {message}", "INVALID_MUTATION") from None
    operation = next((node for node in ast.definitions if isinstance(node, OperationDefinitionNode)), None)
    if operation is None or operation.operation.value != "mutation":
        raise refuse(None, "Invalid operation type. Only `mutation` operations are supported.", "INVALID_MUTATION")
    roots = [node.name.value for node in operation.selection_set.selections if node.kind == "field"]
    if len(roots) != 1:
        raise refuse(["mutation"], "You must specify a single top level mutation.")
    if roots[0] in _NOT_ALLOWED:
        raise refuse(["mutation"], "You must use an allowed mutation name.")
    if identifier is not None and len(identifier) < _IDENTIFIER.start:
        raise refuse(["clientIdentifier"], f"is too short (minimum is {_IDENTIFIER.start} characters)", "INVALID_MUTATION")
    if identifier is not None and len(identifier) >= _IDENTIFIER.stop:
        raise refuse(["clientIdentifier"], f"is too long (maximum is {_IDENTIFIER.stop - 1} characters)", "INVALID_MUTATION")


def run_lines(tenant: Any, operation: Node, version: str) -> tuple[list[Node], int, list[Node]]:
    """(result lines, number of lines, errors that stop the operation): the mutation once for each line of the upload."""
    loaded = load_schema(version)
    ast, _ = static.static_errors(loaded, operation["query"])
    document = Document(loaded, ast, static.operation(ast))
    results = []
    rows = re.split(rb"\r?\n", tenant.shop.nodes[operation["upload"]]["body"].strip())
    for number, row in enumerate(rows):
        results.append({**_line(tenant, document, row, version), "__lineNumber": number})
    return results, len(rows), []


def _line(tenant: Any, document: Document, row: bytes, version: str) -> Node:
    try:
        variables = json.loads(row)
    except ValueError:
        return {"errors": [{"message": "The line is not valid JSON."}]}
    refused = static.variable_errors(document.loaded, document.ast, variables)
    if refused:
        return {"errors": refused}
    coerced = get_variable_values(document.schema, document.operation.variable_definitions, variables)
    execution = Execution(document, coerced, tenant.shop, tenant.app, version, tenant.server)
    data = tenant.pipeline.mutate(execution)
    return {"data": data, **({"errors": execution.errors} if execution.errors else {})}
