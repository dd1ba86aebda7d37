"""Says of each line whether the schema takes its message: {"as": NAME, "message": ...}."""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)


def validator(name):
    whole = {"$ref": f"#/$defs/{name}"} if name else {"oneOf": schema["oneOf"]}
    return jsonschema.Draft202012Validator({"$defs": schema["$defs"], **whole})


validators = {name: validator(name) for name in ["", *schema["$defs"]]}
for line in sys.stdin:
    asked = json.loads(line)
    errors = validators[asked["as"]].iter_errors(asked["message"])
    print(json.dumps([error.message[:200] for error in errors]))
