/** A book's files as bytes. Without a policy the built-in bands 640 / 560 decide. */
export interface Files {
  artifact: Uint8Array | ArrayBuffer;
  policy?: Uint8Array | ArrayBuffer;
  pricing?: Uint8Array | ArrayBuffer;
  reasons?: Uint8Array | ArrayBuffer;
}
/** Field names of `schema.inputs` and what was entered. Absent, null, empty text and NaN are missing. */
export type Form = Record<string, number | string | null>;
export type Outcome = "approve" | "conditional" | "counteroffer" | "review" | "decline" | "incomplete";
export interface Decided {
  outcome: Outcome;
  /** Shown score, 300 to 850; null when incomplete. */
  points: number | null;
  /** Probability of a bad outcome; null when incomplete. */
  pd: number | null;
  /** Canonical receipt: keep it as text, parse it to read it. */
  receipt: string;
}
export interface FieldError {
  field: string;
  code: "unknown_field" | "audit_only" | "wrong_type" | "not_finite" | "out_of_range" | "not_whole" | "too_many_decimals" | "not_a_date";
  found: string;
  expected: string;
}
/** What is wrong with a source: a path such as `bureau.tradelines[2].opened`, and kinds of values, never the values. */
export interface SourceError {
  path: string;
  code: "not_json" | "not_a_table" | "missing" | "wrong_type" | "out_of_range" | "too_many_decimals" | "not_a_date" | "after_the_day" | "unknown_word" | "out_of_order";
  found: string;
  expected: string;
}
/** Thrown by every method. `errors` is there when the code is `invalid_application` or `source_refused`; with `incomplete` it is `Unprocessable.detail`. */
export interface UnderglassError extends Error {
  code: string;
  errors?: FieldError[] | SourceError[] | Unprocessable["detail"];
}
/** What `intake` reads, each file as bytes; `form` is what the applicant said. */
export interface Sources {
  /** A credit bureau's report, JSON. */
  bureau?: Uint8Array | ArrayBuffer;
  /** A bank statement, CSV with the columns date, amount, description and balance. */
  bank?: Uint8Array | ArrayBuffer;
  /** The flags of an identity check, JSON. */
  kyc?: Uint8Array | ArrayBuffer;
  form?: Form;
}
/** An application for `decide`, and what was derived from what. */
export interface Intake {
  form: Form;
  notes: {
    source: "bureau" | "bank" | "kyc";
    name: string;
    value: number | string | null;
    unit: string;
    from: string;
    used: "filled" | "replaced" | "kept" | "not_asked" | "not_told";
  }[];
}
export interface Replay {
  same_engine: boolean;
  named_engine: string;
  /** First stage that differs; null when everything is equal. */
  difference: "inputs" | "reference" | "score" | "contributions" | "band" | "confidence" | "price" | "rules" | "decision" | null;
}
/** Reference systems whose requests are answered in their own shapes. */
export type ViewName = "000" | "001" | "003" | "004";
/** `000`: one threshold. `defaulted` names inputs that the request did not give; null when a receipt is viewed. */
export interface ApprovalView {
  probability: number;
  decision: "APPROVE" | "REVIEW";
  threshold: number;
  defaulted: string[] | null;
}
/** `001`: `score` is 1 − PD, `confidence` the probability that a refit decides the same; explanations are in log-odds of bad. */
export interface CreditScoreView {
  score: number;
  decision: "APPROVED" | "MANUAL_REVIEW" | "REJECTED";
  confidence: number;
  explanation: {
    lime_explanation: {
      features: { feature: string; weight: number }[];
      intercept: number;
      r2: number | null;
      samples: number;
      note: string;
    };
    shap_values: Record<string, number>;
    feature_importance: Record<string, number>;
  };
  risk_factors: string[];
}
/** `003`: `apr` in percent, `monthly_payment` in dollars, `impact` in log-odds of default. */
export interface PointOfSaleView {
  /** The request's own; null when a receipt is viewed, which holds no name. */
  applicant_id: string | null;
  credit_score: number;
  default_probability: number;
  approval_recommendation: "APPROVE" | "APPROVE_WITH_CONDITIONS" | "COUNTEROFFER" | "REVIEW" | "DECLINE" | "INCOMPLETE";
  recommended_terms: { approved: boolean; term_months: number | null; apr: number | null; monthly_payment: number | null };
  explanation: { feature: string; value: number | string | null; impact: number; direction: "increases" | "decreases" }[];
  confidence: "HIGH" | "MEDIUM" | "LOW";
}
/** `004`: `model_version` is the artifact's version and the first digits of its digest. */
export interface DefaultRiskView {
  default_probability: number;
  risk_category: "low" | "medium" | "high";
  model_version: string;
}
export type ViewResponse = ApprovalView | CreditScoreView | PointOfSaleView | DefaultRiskView;
/** What is wrong with a request: every bad field with its path. */
export interface Unprocessable {
  detail: { loc: (string | number)[]; msg: string; type: string }[];
}
/** In the shape of the request: one, a list, or `{customers}`. */
export type ViewAnswer =
  | ViewResponse
  | Unprocessable
  | (ViewResponse | Unprocessable)[]
  | { customers: (ViewResponse | Unprocessable)[] };
export type NoticeKind = "adverse-action" | "counteroffer" | "incomplete" | "risk-based-pricing";
export interface Contact { name?: string; address?: string[]; telephone?: string; website?: string }
/** Whom a notice names; samples, marked as such, where nothing is given. */
export interface Parties { applicant?: Contact; creditor?: Contact; bureau?: Contact; agency?: Contact }
/** Column-major over `schema.features` (NaN is missing), or columns of `schema.inputs` by name. */
export type Columns = Float64Array | Record<string, Float64Array | (string | null)[]>;
export interface Scores { margin: Float64Array; probability: Float64Array; points: Int16Array }
/** Without a game, the model's own; against all reference rows, or those above the cut-off as decisions are explained. */
export interface ExplainOptions { game?: "interventional" | "path"; reference?: "all" | "above_cutoff" }
/** In log-odds: base + the row's values = its margin. Row-major, rows × features. */
export interface Contributions { base: number; values: Float64Array }
/** The cheapest change that is approved. Open: whatever costs less than `at_least` is not approved. */
export interface PathAnswer {
  certificate: "optimal" | "impossible" | { open: { at_least: number } };
  path: {
    changes: { input: string; from: number; to: number }[];
    /** The effort: steps of each input times its cost a step. */
    cost: number;
    outcome: Outcome;
    points: number | null;
  } | null;
  looked_at: number;
}
/** The cheapest change, and with `most` the cheapest of other inputs: each leaves alone at least one input of every change before it. */
export interface PathAnswers extends PathAnswer {
  /** The last one may be a proof that there is no other. */
  others: PathAnswer[];
}
export type NoPrice = "no_tier" | "no_pricing" | "no_deal";
/** A score, and the price of the applicant's own deal at it. */
export interface Standing {
  log_odds: number;
  points: number;
  /** 1234 is 12.34 %. */
  pd_bps: number;
  price:
    | { quoted: { tier: string; note_rate_bps: number; apr_bps: number; payment_cents: number; expected_loss_cents: number } }
    | { without: NoPrice };
}
/** From the reference's mean to the applicant, reason families by falling contribution: whole numbers add up to the end exactly. */
export interface Waterfall {
  start: Standing;
  lines: {
    cause: { family: string } | "rounding";
    log_odds: number;
    raw_points: number;
    points: number;
    pd_bps: number;
    price:
      | { by: { note_rate_bps: number; apr_bps: number; payment_cents: number; expected_loss_cents: number } }
      | "gained"
      | "lost"
      | { without: NoPrice };
    after: Standing;
  }[];
}
/** A deal that the engine approves; `offer` is as in a receipt. */
export interface Deal {
  changes: { input: string; from: number; to: number }[];
  outcome: Outcome;
  points: number | null;
  offer: Record<string, unknown> | null;
}
/** Impossible: none of so many deals is approved. Open: the search was stopped; what is less than `at_least` steps away is not approved. */
export type Sought =
  | "no_input"
  | { found: Deal }
  | { impossible: { deals: number } }
  | { open: { at_least: number; so_far: Deal | null } };
export interface Feasible { largest_amount: Sought; least_down_payment: Sought; best_term: Sought; smallest_change: Sought }
/** The smallest single changes that flip the outcome, the nearest first, and where nothing does. */
export interface Fragility {
  outcome: Outcome;
  tippings: { input: string; from: number; to: number; change: number; share: number; outcome: Outcome }[];
  firm: { input: string; from: number; to: number }[];
}
export interface Progress { done: number; total: number }
export interface Schema { inputs: Record<string, unknown>[]; features: Record<string, unknown>[] }
export interface Info {
  name: string;
  version: string;
  intendedUse: string;
  digests: { engine: string; artifact: string; policy: string; pricing: string | null; reasons: string | null };
  target: Record<string, unknown>;
  /** Absent figures: an imported model that nobody measured here. */
  metrics: Record<string, unknown> | null;
  bands: { approve: number; review: number };
}
/** What `openFile` asks of every row. */
export interface Asked {
  answer: "score" | "reasons" | "decision";
  receipts: boolean;
  format: "csv" | "ndjson";
  /** YYYY-MM-DD. */
  as_of: string;
}
/** A place in a file, or the size of a part of it. */
export interface Place { bytes: number; records: number; lines: number }
/** `summary` is JSON; all its numbers are counts. */
export interface Scored {
  lines: Uint8Array;
  /** All counts as JSON. */
  summary: string;
  /** Rows approved, conditional, counter-offered, reviewed, declined, incomplete, refused. */
  counts: Float64Array;
  /** The first faults, each the number of its record and a sentence: in the order of their text is in the file's order. */
  faults: string[];
}
/** Which applicants of a synthetic world are drawn: rows of a seed. The shock acts on `auto`. */
export interface Draw {
  world: "auto" | "personal" | "pos" | "macro";
  /** A whole number from 0 to 2^64 − 1, as text. */
  seed: string;
  from: number;
  to: number;
  shock?: {
    income_factor?: number;
    unemployment_points?: number;
    rate_points?: number;
    vehicle_price_factor?: number;
    vehicle_value_factor?: number;
    utilization_points?: number;
    new_dealer_share?: number;
  };
}
/** Cut-offs, and the rules that differ from how they are written. */
export interface Draft { approve: number; review: number; rules?: Record<string, "off" | { at: number }> }
export type Benefit = "profit" | "approvals";
/** Rates of the approved rows: that turned bad, probability of bad, expected loss of the amount. */
export type Risk = "observed" | "expected" | "loss";
/** `least_impact`: position of a segment in the breakdown, and the lowest adverse impact ratio of its levels. */
export interface Constraints { most_risk?: [Risk, number]; least_impact?: [number, number]; most_reviewed?: number }
export interface PortfolioFrame {
  rows: number;
  /** Rows that were no applications. */
  refused: number;
  /** The policy as it is written. */
  draft: Draft;
  /** `limit` is null where a rule can only be switched off. */
  rules: {
    id: string;
    label: string;
    limit: { field: string; op: "lt" | "le" | "gt" | "ge"; written: number; from: number | null; to: number | null } | null;
  }[];
  segments: { name: string; label: string; levels: string[]; auditOnly: boolean }[];
}
/**
 * Sums are seven numbers: rows, rows with known outcome, bad rows, sum of PD in billionths, amount, expected loss and net
 * present value in cents. `sums` of cells × the six outcomes from approve to incomplete: first the cell of all rows, then
 * segment by segment those of the levels and one for not known.
 */
export interface PortfolioTotals {
  sums: Float64Array;
  /** The adverse impact ratio of each segment's levels; NaN where no two levels have 30 rows. */
  impact: Float64Array;
}
export interface PortfolioCurve {
  /** Sums of the approved rows at each approve cut-off from 300 to 850. */
  sums: Float64Array;
  /** Their risk; NaN where it is not known. */
  risk: Float64Array;
  best: number | null;
  /** Cut-offs that no other beats in both benefit and risk, by rising risk. */
  frontier: Float64Array;
}
/** Rows × the six outcomes. */
export interface PortfolioSpread { points: Float64Array; pd: Float64Array; apr: Float64Array }
export interface PortfolioSlice {
  /** Segment and level, as positions in the frame; the number of levels is a level that is not known. */
  levels: [number, number][];
  known: number;
  bad: number;
  rate: { value: number; low: number; high: number };
}
/** The approved rows of one simulated month: `bad` has those that had turned bad after each month on book that has passed. */
export interface PortfolioVintage { known: number; bad: number[] }
