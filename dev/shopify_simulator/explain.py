"""What is wrong with a document, in the shape and order Shopify's server (graphql-ruby) reports.

The walk follows the server's visiting order: a field or argument that does not exist is reported and not entered, so variables used
only below it count as unused.
"""

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNonNull,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    VariableNode,
    get_location,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
    print_ast,
    type_from_ast,
)

from .literals import CoercionRefused, literal_fits

INTROSPECTION = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


def explain(schema, document) -> list[dict]:
    """Every reason found, in the server's order; empty where this walk knows none."""
    return _Walk(schema, document).errors


def error(message: str, nodes, code: str, path=None, **extensions) -> dict:
    """One top-level error of the static layer."""
    found = {"message": message, "locations": [location(node) for node in nodes]}
    if path is not None:
        found["path"] = list(path)
    found["extensions"] = {"code": code, **extensions}
    return found


def location(node) -> dict:
    """Where a node starts, as ``{line, column}`` from 1."""
    place = get_location(node.loc.source, node.loc.start)
    return {"line": place.line, "column": place.column}


def operation_label(node) -> str:
    """How paths call an operation: ``mutation OrderClose``, without a name just ``mutation``."""
    return f"{node.operation.value} {node.name.value}" if node.name else node.operation.value


def mismatch(given, wanted) -> str | None:
    """What keeps a variable of type ``given`` from an argument of type ``wanted``."""
    if get_named_type(given) is not get_named_type(wanted):
        return "Type mismatch"
    if _list_depth(given) != _list_depth(wanted):
        return "List dimension mismatch"
    return None if _nullability_fits(given, wanted) else "Nullability mismatch"


def _list_depth(kind) -> int:
    kind = get_nullable_type(kind)
    return 1 + _list_depth(kind.of_type) if is_list_type(kind) else 0


def _nullability_fits(given, wanted) -> bool:
    if is_non_null_type(wanted) and not is_non_null_type(given):
        return False
    given, wanted = get_nullable_type(given), get_nullable_type(wanted)
    return not is_list_type(wanted) or _nullability_fits(given.of_type, wanted.of_type)


class _Walk:
    def __init__(self, schema, document):
        self.schema = schema
        self.errors = []
        self.path = []
        self.declared = {}
        self.used = {}
        self.spreads = []
        definitions = document.definitions
        self.fragments = {
            node.name.value: node
            for node in definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        usages = {}
        for node in definitions:
            self.used, self.spreads = {}, []
            if isinstance(node, OperationDefinitionNode):
                self._operation(node)
            elif isinstance(node, FragmentDefinitionNode):
                self._fragment_definition(node)
            usages[node] = (self.used, self.spreads)
        self._fragment_usage(usages)
        for node in definitions:
            if isinstance(node, OperationDefinitionNode):
                self._variable_usage(node, usages)

    def _add(self, message, nodes, code, *, path=None, **extensions):
        self.errors.append(error(message, nodes, code, path or self.path, **extensions))

    # -- definitions ---------------------------------------------------------------------------

    def _operation(self, node):
        root = self.schema.get_root_type(node.operation)
        self.declared = {item.variable.name.value: item for item in node.variable_definitions}
        self.path = [operation_label(node)]
        for item in node.variable_definitions:
            self._variable_definition(item)
        self._directives(node.directives, "queries")
        self._selections(node.selection_set, root)

    def _variable_definition(self, node):
        name, kind = node.variable.name.value, type_from_ast(self.schema, node.type)
        if kind is None or not is_input_type(kind):
            words = "isn't a defined" if kind is None else "isn't a valid"
            type_name = print_ast(node.type).strip("[]!")
            self._add(
                f"{type_name} {words} input type (on ${name})",
                [node],
                "variableRequiresValidType",
                typeName=type_name,
                variableName=name,
            )
        elif node.default_value and not self._fits(kind, node.default_value):
            self._add(
                f"Default value for ${name} doesn't match type {kind}",
                [node],
                "defaultValueInvalidType",
                variableName=name,
                typeName=str(kind),
            )

    @staticmethod
    def _fits(kind, value) -> bool:
        try:
            return literal_fits(kind, value)
        except CoercionRefused:
            return False

    def _fragment_definition(self, node):
        self.declared = {}
        self.path = [f"fragment {node.name.value}"]
        self._fragment_body(node)

    # -- selections ----------------------------------------------------------------------------

    def _selections(self, selection_set, parent):
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                self._nested((node.alias or node.name).value, self._field, node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                label = f"... on {condition.name.value}" if condition else "..."
                self._nested(label, self._inline_fragment, node, parent)
            else:
                self._nested(f"... {node.name.value}", self._spread, node, parent)

    def _nested(self, label, visit, *arguments):
        self.path.append(label)
        visit(*arguments)
        self.path.pop()

    def _field(self, node, parent):
        name = node.name.value
        definition = self._field_definition(parent, name)
        if definition is None:
            if is_union_type(parent):
                self._add(
                    f"Selections can't be made directly on unions (see selections on {parent})",
                    [node],
                    "selectionMismatch",
                    nodeName=parent.name,
                )
            else:
                self._add(
                    f"Field '{name}' doesn't exist on type '{parent}'",
                    [node],
                    "undefinedField",
                    typeName=parent.name,
                    fieldName=name,
                )
            return
        kind = get_named_type(definition.type)
        if not self._selection_fits(node, kind):
            return
        self._arguments(node, definition.args, "Field", name)
        if node.selection_set:
            self._selections(node.selection_set, kind)
        self._directives(node.directives, "fields")

    def _field_definition(self, parent, name):
        if name == "__typename":
            return TypeNameMetaFieldDef
        if parent is self.schema.query_type and name in INTROSPECTION:
            return INTROSPECTION[name]
        return getattr(parent, "fields", {}).get(name)

    def _selection_fits(self, node, kind) -> bool:
        name, composite = node.name.value, is_composite_type(kind)
        if composite == bool(node.selection_set):
            return True
        if composite:
            words = f"has no selections. Did you mean '{name} {{ ... }}'?"
            message = f"Field must have selections (field '{name}' returns {kind} but {words})"
        else:
            chosen = ", ".join(
                f'"{print_ast(item).split(" {")[0]}"' for item in node.selection_set.selections
            )
            what = "enums" if is_enum_type(kind) else "scalars"
            message = (
                f"Selections can't be made on {what} "
                f"(field '{name}' returns {kind} but has selections [{chosen}])"
            )
        self._add(
            message, [node], "selectionMismatch", nodeName=f"field '{name}'", typeName=kind.name
        )
        return False

    def _inline_fragment(self, node, parent):
        condition = node.type_condition
        kind = self.schema.get_type(condition.name.value) if condition else parent
        self._possible(node, parent, kind, "Fragment")
        self._fragment_body(node, parent)

    def _fragment_body(self, node, parent=None):
        condition = node.type_condition
        kind = self.schema.get_type(condition.name.value) if condition else parent
        if kind is None:
            name = condition.name.value
            self._add(
                f"No such type {name}, so it can't be a fragment condition",
                [node],
                "undefinedType",
                typeName=name,
            )
        elif not is_composite_type(kind):
            self._add(
                f"Invalid fragment on type {kind} (must be Union, Interface or Object)",
                [node],
                "fragmentOnNonCompositeType",
                typeName=kind.name,
            )
        else:
            self._selections(node.selection_set, kind)
            self._directives(node.directives, "inline fragments")

    def _spread(self, node, parent):
        name = node.name.value
        self.spreads.append(name)
        fragment = self.fragments.get(name)
        if fragment is None:
            self._add(
                f"Fragment {name} was used, but not defined",
                [node],
                "useAndDefineFragment",
                fragmentName=name,
            )
            return
        kind = self.schema.get_type(fragment.type_condition.name.value)
        self._possible(node, parent, kind, f"Fragment {name}")
        self._directives(node.directives, "fragment spreads")

    def _possible(self, node, parent, kind, label):
        if not is_composite_type(kind) or not is_composite_type(parent) or kind is parent:
            return
        if not self._concrete(kind) & self._concrete(parent):
            self._add(
                f"{label} on {kind} can't be spread inside {parent}",
                [node],
                "cannotSpreadFragment",
                typeName=kind.name,
                fragmentName="unknown" if label == "Fragment" else label.split()[1],
                parentName=parent.name,
            )

    def _concrete(self, kind) -> set:
        names = self.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
        return {item.name for item in names}

    # -- arguments and directives --------------------------------------------------------------

    def _arguments(self, node, definitions, class_name, name):
        given = {item.name.value for item in node.arguments}
        missing = [
            key
            for key, item in definitions.items()
            if is_required_argument(item) and key not in given
        ]
        if missing:
            names = ", ".join(missing)
            self._add(
                f"{class_name} '{name}' is missing required arguments: {names}",
                [node],
                "missingRequiredArguments",
                className=class_name,
                name=name,
                arguments=names,
            )
        for item in node.arguments:
            self._nested(item.name.value, self._argument, item, definitions, class_name, name)

    def _argument(self, node, definitions, class_name, parent_name):
        key = node.name.value
        definition = definitions.get(key)
        if definition is None:
            self._add(
                f"{class_name} '{parent_name}' doesn't accept argument '{key}'",
                [node],
                "argumentNotAccepted",
                name=parent_name,
                typeName=class_name,
                argumentName=key,
            )
            return
        kind, value = definition.type, node.value
        if isinstance(value, VariableNode):
            self._variable(node, value, definition)
            return
        try:
            fits = literal_fits(kind, value)
        except CoercionRefused as refusal:
            self._add(
                str(refusal), [node], "argumentLiteralsIncompatible", typeName="CoercionError"
            )
            return
        if not fits:
            self._add(
                f"Argument '{key}' on {class_name} '{parent_name}' has an invalid value "
                f"({print_ast(value)}). Expected type '{kind}'.",
                [node],
                "argumentLiteralsIncompatible",
                typeName=class_name,
                argumentName=key,
            )
        self._value(value, kind)

    def _value(self, value, kind):
        """Enter the input objects and variables within a literal."""
        inner = get_named_type(kind)
        if isinstance(value, ListValueNode):
            for index, item in enumerate(value.values):
                if isinstance(item, VariableNode):
                    self.used.setdefault(item.name.value, item)
                elif isinstance(item, ObjectValueNode):
                    self._nested(index, self._input_object, item, inner)
        elif isinstance(value, ObjectValueNode):
            if is_list_type(get_nullable_type(kind)):
                self._nested(0, self._input_object, value, inner)
            else:
                self._input_object(value, inner)

    def _input_object(self, node, kind):
        if not is_input_object_type(kind):
            return
        given = {item.name.value for item in node.fields}
        for key, item in kind.fields.items():
            if is_required_input_field(item) and key not in given:
                self._add(
                    f"Argument '{key}' on InputObject '{kind}' is required. "
                    f"Expected type {item.type}",
                    [node],
                    "missingRequiredInputObjectAttribute",
                    path=[*self.path, key],
                    argumentName=key,
                    argumentType=str(item.type),
                    inputObjectType=kind.name,
                )
        for item in node.fields:
            self._nested(
                item.name.value, self._argument, item, kind.fields, "InputObject", kind.name
            )

    def _directives(self, directives, place):
        for node in directives or ():
            name = node.name.value
            definition = self.schema.get_directive(name)
            if definition is None:
                self._add(
                    f"Directive @{name} is not defined",
                    [node],
                    "undefinedDirective",
                    directiveName=name,
                )
                continue
            allowed = [item.value.lower().replace("_", " ") + "s" for item in definition.locations]
            if place not in allowed and not (place == "queries" and "querys" in allowed):
                self._add(
                    f"'@{name}' can't be applied to {place} (allowed: {', '.join(allowed)})",
                    [node],
                    "directiveCannotBeApplied",
                    targetName=place,
                    name=name,
                )
            self._arguments(node, definition.args, "Directive", name)

    # -- variables and fragments over the whole document ---------------------------------------

    def _variable(self, node, value, definition):
        name = value.name.value
        self.used.setdefault(name, value)
        declared = self.declared.get(name)
        kind = declared and type_from_ast(self.schema, declared.type)
        if kind is None:
            return
        given = kind
        if declared.default_value is not None and not is_non_null_type(kind):
            given = GraphQLNonNull(kind)
        words = mismatch(given, definition.type)
        if words:
            self._add(
                f"{words} on variable ${name} and argument {node.name.value} "
                f"({kind} / {definition.type})",
                [node],
                "variableMismatch",
                variableName=name,
                typeName=str(kind),
                argumentName=node.name.value,
                errorMessage=words,
            )

    def _fragment_usage(self, usages):
        spread = {name for _, names in usages.values() for name in names}
        for name, node in self.fragments.items():
            if name not in spread:
                self.errors.append(
                    error(
                        f"Fragment {name} was defined, but not used",
                        [node],
                        "useAndDefineFragment",
                        [f"fragment {name}"],
                        fragmentName=name,
                    )
                )

    def _variable_usage(self, node, usages):
        used, label = self._used_with_fragments(node, usages), operation_label(node)
        name = node.name.value if node.name else f"anonymous {node.operation.value}"
        declared = [item.variable.name.value for item in node.variable_definitions]
        for key in declared:
            if key not in used:
                message = f"Variable ${key} is declared by {name} but not used"
                self.errors.append(
                    error(message, [node], "variableNotUsed", [label], variableName=key)
                )
        for key, usage in used.items():
            if key not in declared:
                message = f"Variable ${key} is used by {name} but not declared"
                self.errors.append(
                    error(message, [usage], "variableNotDefined", [label], variableName=key)
                )

    def _used_with_fragments(self, node, usages) -> dict:
        used, waiting, seen = {}, [node], set()
        while waiting:
            variables, spreads = usages[waiting.pop()]
            used = {**variables, **used}
            for name in spreads:
                if name in self.fragments and name not in seen:
                    seen.add(name)
                    waiting.append(self.fragments[name])
        return used
