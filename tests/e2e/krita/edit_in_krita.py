"""What runs inside Krita: move and rename a layer of a file, and save it."""

from collections.abc import Sequence

from krita import Krita  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]  # only there


def edit(files: Sequence[str]) -> None:
    """The file to open, and the one to save."""
    source, target = files
    app = Krita.instance()
    app.setBatchmode(True)
    document = app.openDocument(source)
    (layer,) = [each for each in document.rootNode().childNodes() if each.name().startswith("house ::")]
    layer.setName(layer.name().replace("house ::", "cottage ::", 1))
    layer.move(layer.position().x() + 7, layer.position().y() - 5)
    document.refreshProjection()
    document.waitForDone()
    if not document.saveAs(target):
        raise OSError(f"Krita could not save {target}")
