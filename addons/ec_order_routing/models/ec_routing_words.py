from odoo import api, models
from odoo.tools.translate import code_translations

from ..engine.words import Said
from ..language import number


class EcRoutingWords(models.AbstractModel):
    """Sentences of the engine in the reader's language."""

    _name = "ec.routing.words"
    _description = "Sentences of Rules"

    @api.model
    def _text(self, text):
        """A marked template (`engine.words.Text`) in the user's language."""
        module = getattr(text, "module", "")
        return code_translations.get_python_translations(module, self.env.lang or "en_US").get(str(text), str(text)) if module else str(text)

    @api.model
    def _read(self, said):
        """The sentence of a `Said`, numbers and lists as the language writes them."""
        return said.render(self._text(said.text), self._shown)

    @api.model
    def _shown(self, value):
        if isinstance(value, bool) or value is None:
            return ""
        if isinstance(value, Said):
            return self._read(value)
        if isinstance(value, (list, tuple)):
            return "、".join(map(self._shown, value)) if (self.env.lang or "").startswith("ja") else ", ".join(map(self._shown, value))
        if isinstance(value, (int, float)):
            return number(self.env, value)
        return str(value)
