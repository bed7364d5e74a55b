import { deserializeDateTime, formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { localization } from "@web/core/l10n/localization";
import { formatCurrency, getCurrency } from "@web/core/currency";
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

/** Large sums as the language shortens them: $ 753.7M, ¥ 7.5億. */
export function sum(amount, currencyId) {
    if (amount < 1e6) {
        return money(amount, currencyId, true);
    }
    const symbol = getCurrency(currencyId)?.symbol || "";
    const short = new Intl.NumberFormat(localization.code.replace("_", "-"), { notation: "compact", maximumFractionDigits: 1 });
    return `${symbol} ${short.format(amount)}`;
}

export function units(number) {
    return Number.isInteger(number) ? formatInteger(number) : formatFloat(number, { digits: [16, 2] });
}

export { formatInteger as whole };
