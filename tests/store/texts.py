"""The relay's SQL texts, as the executable in $PRINT_SQL tells them."""
import json
import os
import subprocess


def read():
    out = subprocess.run([os.environ["PRINT_SQL"]], check=True, stdout=subprocess.PIPE).stdout
    texts = json.loads(out)
    assert len(texts["statements"]) > 20, "hardly any statements"
    return texts["migrations"], texts["statements"]
