from . import answer, documents, quotes, request
