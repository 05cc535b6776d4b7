.results[]|tojson
