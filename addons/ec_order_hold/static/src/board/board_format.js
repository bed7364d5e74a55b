import { deserializeDateTime, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatCurrency } from "@web/core/currency";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";

/** Seconds, as people say them: never "1 days". */
export function span(seconds) {
    if (seconds < 7200) {
        return _t("%s min", Math.max(0, Math.floor(seconds / 60)));
    }
    return seconds < 172800 ? _t("%s h", Math.floor(seconds / 3600)) : _t("%s days", formatInteger(Math.floor(seconds / 86400)));
}

export function age(seconds) {
    return seconds === null || seconds === undefined ? "" : span(seconds);
}

/** Seconds left, negative when it is late. */
export function due(left) {
    if (left === null) {
        return "";
    }
    return left < 0 ? _t("%s late", span(-left)) : _t("due in %s", span(left));
}

export function day(text) {
    return text ? formatDate(deserializeDateTime(text)) : "";
}

export function moment(text) {
    return text ? formatDateTime(deserializeDateTime(text), { showSeconds: false }) : "";
}

export function money(amount, currencyId, round = false) {
    return formatCurrency(amount, currencyId, round ? { digits: [16, 0] } : {});
}

export function units(number) {
    return Number.isInteger(number) ? formatInteger(number) : formatFloat(number, { digits: [16, 2] });
}

export { formatInteger as whole };
