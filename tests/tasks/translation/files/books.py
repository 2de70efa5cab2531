"""Small books and documents for tests of formats that no library in use writes as people's tools do."""

import io
import zipfile

_PUBLIC = '"-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"'
_BOOK = {
    "META-INF/container.xml": """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>""",
    "OEBPS/a.opf": """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>The book</dc:title><dc:creator>A Name</dc:creator><dc:language>en</dc:language></metadata>
<manifest><item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="a%20x.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>""",
    "OEBPS/a x.xhtml": f"""<?xml version="1.0"?><!DOCTYPE html PUBLIC {_PUBLIC}>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>One</title><style>p{{}}</style></head>
<body><p>It is <i>very</i> <b>nice</b>&nbsp;here,<br/>
  <a id="x"/>see <img alt="a dog" src="x"/> now. <code>x=1</code></p><pre>kept</pre>
<div>Loose <p>in p</p> tail</div></body></html>""",
    "OEBPS/b.xhtml": """<html xmlns="http://www.w3.org/1999/xhtml"><body><p translate="no">No</p></body></html>""",
    "OEBPS/toc.ncx": """<ncx xmlns="x"><navMap><navPoint>
<navLabel><text>One</text></navLabel></navPoint></navMap></ncx>""",
}


def make_epub(**changed: str) -> bytes:
    """A book of two pages; ``changed`` are pages with another content, by their ids."""
    stream = io.BytesIO()
    names = {"a": "OEBPS/a x.xhtml", "b": "OEBPS/b.xhtml"}
    contents = {**_BOOK, **{names[name]: content for name, content in changed.items()}}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in contents.items():
            archive.writestr(name, content)
    return stream.getvalue()
