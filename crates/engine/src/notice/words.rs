//! The words of the letters. Names in braces are filled in.
//!
//! The English follows the regulations' model forms; the Spanish says the same and that English is to be had
//! (12 CFR 1002.4(e)).

use super::Language;
use crate::application::Role;
use crate::units::{Cents, Date};

/// One language.
pub(super) struct Words {
    pub(super) language: &'static str,
    months: [&'static str; 12],
    date: &'static str,
    pub(super) simulation: &'static str,
    pub(super) simulation_long: &'static str,
    pub(super) other_language: Option<&'static str>,
    pub(super) telephone: &'static str,
    pub(super) greeting: &'static str,

    pub(super) requested: &'static str,
    pub(super) requested_loan: &'static str,
    pub(super) action: &'static str,
    pub(super) amount: &'static str,
    pub(super) term: &'static str,
    pub(super) term_months: &'static str,
    pub(super) note_rate: &'static str,
    pub(super) apr: &'static str,
    pub(super) payment: &'static str,
    pub(super) instead_of: &'static str,
    /// What an input in a role is called, where the schema's label is in another language.
    pub(super) roles: &'static [(Role, &'static str)],

    pub(super) denial_title: &'static str,
    pub(super) denial_lead: &'static str,
    pub(super) denial_action: &'static str,
    pub(super) reasons: &'static str,
    pub(super) reasons_lead: &'static str,
    pub(super) report: &'static str,
    pub(super) report_text: &'static str,
    pub(super) report_contact: &'static str,
    pub(super) score: &'static str,
    pub(super) score_lead: &'static str,
    pub(super) score_date: &'static str,
    pub(super) score_range: &'static str,
    pub(super) score_range_text: &'static str,
    pub(super) score_source: &'static str,
    pub(super) score_source_text: &'static str,
    pub(super) factors: &'static str,
    pub(super) questions: &'static str,
    pub(super) questions_text: &'static str,
    pub(super) ecoa: &'static str,
    pub(super) ecoa_text: &'static str,
    pub(super) ecoa_agency: &'static str,

    pub(super) counter_title: &'static str,
    pub(super) counter_lead: &'static str,
    pub(super) counter_terms: &'static str,
    pub(super) counter_terms_lead: &'static str,
    pub(super) counter_accept: &'static str,

    pub(super) incomplete_title: &'static str,
    pub(super) incomplete_lead: &'static str,
    pub(super) incomplete_until: &'static str,

    pub(super) price_title: &'static str,
    pub(super) price_terms: &'static str,
    pub(super) price_sections: [(&'static str, &'static str); 5],
    pub(super) price_score_lead: &'static str,

    pub(super) origin: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Spanish => &SPANISH,
        }
    }

    /// A date as it is written out.
    pub(super) fn date(&self, date: Date) -> String {
        let text = date.to_string();
        let mut parts = text.split('-').map(|part| part.trim_start_matches('0'));
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        let month = month
            .and_then(|month| month.parse::<usize>().ok())
            .and_then(|month| self.months.get(month.checked_sub(1)?));
        let parts =
            [("day", day.unwrap_or_default()), ("month", month.unwrap_or(&"")), ("year", year.unwrap_or_default())];
        fill(self.date, &parts)
    }
}

/// A text with its names filled in. What is filled in is not looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(values.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

/// Dollars and cents as both languages write them in the United States.
pub(super) fn money(cents: Cents) -> String {
    let whole = (cents.0 / 100).unsigned_abs().to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if cents.0 < 0 { "-" } else { "" };
    format!("{sign}${grouped}.{:02}", cents.0.unsigned_abs() % 100)
}

const ENGLISH: Words = Words {
    language: "en",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: "{month} {day}, {year}",
    simulation: "SIMULATION",
    simulation_long: "This letter is a simulation. It is not a credit decision, has no legal effect, and is not legal advice.",
    other_language: None,
    telephone: "Telephone",
    greeting: "Dear Applicant:",
    requested: "Credit requested",
    requested_loan: "Loan of {amount}, to be repaid over {months} months",
    action: "Action taken",
    amount: "Amount financed",
    term: "Term",
    term_months: "{months} months",
    note_rate: "Interest rate",
    apr: "Annual percentage rate",
    payment: "Monthly payment",
    instead_of: "{to} instead of {from}",
    roles: &[],
    denial_title: "Notice of action taken and statement of reasons",
    denial_lead: "Thank you for applying to {creditor} for credit. We have considered your application and are unable to approve it.",
    denial_action: "Credit denied",
    reasons: "Principal reasons for our decision",
    reasons_lead: "Our decision was based on the following specific reasons:",
    report: "Information from a consumer report",
    report_text: "Our credit decision was based in whole or in part on information obtained in a report from the consumer reporting agency named below. You have a right under the Fair Credit Reporting Act to know the information contained in your credit file at the consumer reporting agency. The reporting agency played no part in our decision and is unable to supply specific reasons why we have denied credit to you or offered it on other terms. You have a right to a free copy of your report from the reporting agency, if you request it no later than 60 days after you receive this notice. In addition, if you find that any information contained in the report you receive is inaccurate or incomplete, you have the right to dispute the matter with the reporting agency.",
    report_contact: "The consumer reporting agency is:",
    score: "Your credit score",
    score_lead: "We also used a credit score in making our decision. It is a number that reflects the information in your consumer report together with your application. Your credit score can change, depending on how that information changes.",
    score_date: "Date",
    score_range: "Range",
    score_range_text: "Scores range from a low of {low} to a high of {high}",
    score_source: "Provided by",
    score_source_text: "{creditor}, with the model “{model}”, version {version}",
    factors: "Key factors that adversely affected your credit score",
    questions: "Questions",
    questions_text: "If you have any questions regarding this notice or your credit score, you should contact:",
    ecoa: "Equal Credit Opportunity Act notice",
    ecoa_text: "The Federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit applicants on the basis of race, color, religion, national origin, sex, marital status, age (provided the applicant has the capacity to enter into a binding contract); because all or part of the applicant's income derives from any public assistance program; or because the applicant has in good faith exercised any right under the Consumer Credit Protection Act. The Federal agency that administers compliance with this law concerning this creditor is {agency}.",
    ecoa_agency: "{name}, {address}",
    counter_title: "Notice of counteroffer and statement of reasons",
    counter_lead: "Thank you for applying to {creditor} for credit. We are unable to offer you credit on the terms that you requested.",
    counter_terms: "What we can offer",
    counter_terms_lead: "We can, however, offer you credit on the following terms:",
    counter_accept: "If this offer is acceptable to you, please notify us by {date} at the address below.",
    incomplete_title: "Notice of incomplete application",
    incomplete_lead: "Thank you for applying to {creditor} for credit. The following information is needed to make a decision on your application:",
    incomplete_until: "We need to receive this information by {date}. If we do not receive it by that date, we will regrettably be unable to give further consideration to your credit request. Please send it to:",
    price_title: "Your credit report and the price you pay for credit",
    price_terms: "The credit that we are offering you",
    price_sections: [
        (
            "What is a credit report?",
            "A credit report is a record of your credit history. It includes information about whether you pay your bills on time and how much you owe to creditors.",
        ),
        (
            "How did we use your credit report?",
            "We used information from your credit report to set the terms of the credit we are offering you, such as the annual percentage rate. The terms offered to you may be less favorable than the terms offered to consumers who have better credit histories.",
        ),
        (
            "What if there are mistakes in your credit report?",
            "You have a right to dispute any inaccurate information in your credit report. If you find mistakes on your credit report, contact {bureau}, the consumer reporting agency from which we obtained your credit report. It is a good idea to check your credit report to make sure the information it contains is accurate.",
        ),
        (
            "How can you obtain a copy of your credit report?",
            "Under federal law, you have the right to obtain a copy of your credit report without charge for 60 days after you receive this notice. To obtain your free report, contact:",
        ),
        (
            "How can you get more information about credit reports?",
            "For more information about credit reports and your rights under federal law, visit the Consumer Financial Protection Bureau's website at www.consumerfinance.gov/learnmore.",
        ),
    ],
    price_score_lead: "A credit score is a number that takes into account the information in your credit report together with your application. We used your credit score to set the terms of the credit we are offering you. Your credit score can change over time, depending on how your credit history changes.",
    origin: "Made from receipt {receipt}; model “{model}”, version {version}, file {artifact}; decision of {date}.",
};

const SPANISH: Words = Words {
    language: "es",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date: "{day} de {month} de {year}",
    simulation: "SIMULACIÓN",
    simulation_long: "Esta carta es una simulación. No es una decisión de crédito, no tiene efectos legales y no es asesoramiento jurídico.",
    other_language: Some("Este aviso está disponible en inglés si usted lo solicita."),
    telephone: "Teléfono",
    greeting: "Estimado(a) solicitante:",
    requested: "Crédito solicitado",
    requested_loan: "Préstamo de {amount}, a pagar en {months} meses",
    action: "Medida tomada",
    amount: "Monto financiado",
    term: "Plazo",
    term_months: "{months} meses",
    note_rate: "Tasa de interés",
    apr: "Tasa de porcentaje anual (APR)",
    payment: "Pago mensual",
    instead_of: "{to} en lugar de {from}",
    roles: &[
        (Role::MonthlyIncome, "Ingreso bruto mensual"),
        (Role::YearlyIncome, "Ingreso bruto anual"),
        (Role::MonthlyDebt, "Pagos mensuales de deudas"),
        (Role::DebtRatio, "Pagos de deudas en relación con los ingresos"),
        (Role::Price, "Precio de compra"),
        (Role::Fees, "Impuestos, título y productos financiados"),
        (Role::DownPayment, "Pago inicial"),
        (Role::TradeIn, "Vehículo a cuenta, menos lo que se debe por él"),
        (Role::LoanAmount, "Monto solicitado"),
        (Role::CollateralValue, "Valor de la garantía"),
        (Role::Term, "Plazo"),
    ],
    denial_title: "Aviso de la medida tomada y declaración de motivos",
    denial_lead: "Gracias por solicitar crédito a {creditor}. Hemos evaluado su solicitud y no podemos aprobarla.",
    denial_action: "Crédito denegado",
    reasons: "Motivos principales de nuestra decisión",
    reasons_lead: "Nuestra decisión se basó en los siguientes motivos específicos:",
    report: "Información de un informe del consumidor",
    report_text: "Nuestra decisión de crédito se basó, en su totalidad o en parte, en información obtenida en un informe de la agencia de informes del consumidor que se indica más abajo. Según la Ley de Informe Justo de Crédito (Fair Credit Reporting Act), usted tiene derecho a conocer la información que contiene su expediente de crédito en la agencia de informes del consumidor. La agencia no participó en nuestra decisión y no puede darle los motivos específicos por los que le hemos denegado el crédito o se lo hemos ofrecido en otras condiciones. Usted tiene derecho a recibir de la agencia una copia gratuita de su informe si la solicita a más tardar 60 días después de recibir este aviso. Además, si considera que alguna información del informe que reciba es inexacta o está incompleta, tiene derecho a disputarla ante la agencia.",
    report_contact: "La agencia de informes del consumidor es:",
    score: "Su puntaje de crédito",
    score_lead: "También usamos un puntaje de crédito para tomar nuestra decisión. Es un número que refleja la información de su informe del consumidor junto con su solicitud. Su puntaje de crédito puede cambiar según cambie esa información.",
    score_date: "Fecha",
    score_range: "Rango",
    score_range_text: "Los puntajes van de un mínimo de {low} a un máximo de {high}",
    score_source: "Proporcionado por",
    score_source_text: "{creditor}, con el modelo «{model}», versión {version}",
    factors: "Factores clave que afectaron negativamente su puntaje de crédito",
    questions: "Preguntas",
    questions_text: "Si tiene alguna pregunta sobre este aviso o sobre su puntaje de crédito, comuníquese con:",
    ecoa: "Aviso sobre la Ley de Igualdad de Oportunidad de Crédito",
    ecoa_text: "La ley federal de Igualdad de Oportunidad de Crédito (Equal Credit Opportunity Act) prohíbe a los acreedores discriminar a los solicitantes de crédito por motivos de raza, color, religión, origen nacional, sexo, estado civil o edad (siempre que el solicitante tenga la capacidad de celebrar un contrato vinculante); porque la totalidad o una parte de los ingresos del solicitante proviene de un programa de asistencia pública; o porque el solicitante ha ejercido de buena fe algún derecho otorgado por la Ley de Protección del Crédito al Consumidor (Consumer Credit Protection Act). La agencia federal que administra el cumplimiento de esta ley con respecto a este acreedor es {agency}.",
    ecoa_agency: "{name}, {address}",
    counter_title: "Aviso de contraoferta y declaración de motivos",
    counter_lead: "Gracias por solicitar crédito a {creditor}. No podemos ofrecerle crédito en las condiciones que usted solicitó.",
    counter_terms: "Lo que podemos ofrecerle",
    counter_terms_lead: "Sin embargo, podemos ofrecerle crédito en las siguientes condiciones:",
    counter_accept: "Si acepta esta oferta, avísenos a más tardar el {date} en la dirección que se indica más abajo.",
    incomplete_title: "Aviso de solicitud incompleta",
    incomplete_lead: "Gracias por solicitar crédito a {creditor}. Para tomar una decisión sobre su solicitud necesitamos la siguiente información:",
    incomplete_until: "Debemos recibir esta información a más tardar el {date}. Si no la recibimos para esa fecha, lamentablemente no podremos seguir considerando su solicitud de crédito. Envíela a:",
    price_title: "Su informe de crédito y el precio que paga por el crédito",
    price_terms: "El crédito que le ofrecemos",
    price_sections: [
        (
            "¿Qué es un informe de crédito?",
            "Un informe de crédito es un registro de su historial de crédito. Incluye información sobre si usted paga sus cuentas a tiempo y cuánto debe a sus acreedores.",
        ),
        (
            "¿Cómo usamos su informe de crédito?",
            "Usamos información de su informe de crédito para fijar las condiciones del crédito que le ofrecemos, como la tasa de porcentaje anual. Las condiciones que le ofrecemos pueden ser menos favorables que las que se ofrecen a consumidores con mejor historial de crédito.",
        ),
        (
            "¿Qué hacer si hay errores en su informe de crédito?",
            "Usted tiene derecho a disputar cualquier información inexacta de su informe de crédito. Si encuentra errores en su informe de crédito, comuníquese con {bureau}, la agencia de informes del consumidor de la que obtuvimos su informe de crédito. Es conveniente revisar su informe de crédito para asegurarse de que la información que contiene sea exacta.",
        ),
        (
            "¿Cómo puede obtener una copia de su informe de crédito?",
            "Según la ley federal, usted tiene derecho a obtener una copia gratuita de su informe de crédito durante los 60 días posteriores a la fecha en que reciba este aviso. Para obtener su informe gratuito, comuníquese con:",
        ),
        (
            "¿Cómo puede obtener más información sobre los informes de crédito?",
            "Para obtener más información sobre los informes de crédito y sus derechos según la ley federal, visite el sitio web de la Oficina para la Protección Financiera del Consumidor en www.consumerfinance.gov/learnmore.",
        ),
    ],
    price_score_lead: "Un puntaje de crédito es un número que toma en cuenta la información de su informe de crédito junto con su solicitud. Usamos su puntaje de crédito para fijar las condiciones del crédito que le ofrecemos. Su puntaje de crédito puede cambiar con el tiempo, según cambie su historial de crédito.",
    origin: "Hecho a partir del comprobante {receipt}; modelo «{model}», versión {version}, archivo {artifact}; decisión del {date}.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_money_read_as_people_write_them() {
        let date: Date = "2026-03-05".parse().expect("a date");
        assert_eq!(ENGLISH.date(date), "March 5, 2026");
        assert_eq!(SPANISH.date(date), "5 de marzo de 2026");
        for (cents, text) in
            [(0, "$0.00"), (99_905, "$999.05"), (1_800_000, "$18,000.00"), (-123_456_789, "-$1,234,567.89")]
        {
            assert_eq!(money(Cents(cents)), text);
        }
    }

    #[test]
    fn a_name_that_holds_braces_is_not_filled_in() {
        assert_eq!(fill("to {a} and {b}{c}", &[("a", "{b}"), ("b", "x")]), "to {b} and x");
    }
}
