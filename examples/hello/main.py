"""A greeting over HTTP, and whether it is well."""

from fastapi import FastAPI

app = FastAPI(title="hello")


@app.get("/")
def greet(name: str = "world") -> dict[str, str]:
    return {"message": f"Hello, {name}!"}


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
