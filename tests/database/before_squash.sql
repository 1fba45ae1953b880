-- A small database of the version before its migrations were squashed: a sellback in each state,
-- with its rows in the ledger, idempotency keys and the audit log. Written in a checkout of that
-- version by `python -m tests.database.dump tests/database/before_squash.sql`.
CREATE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
_pgtrigger_ignore TEXT[];
_result BOOLEAN;
BEGIN
BEGIN
SELECT INTO _pgtrigger_ignore
CURRENT_SETTING('pgtrigger.ignore');
EXCEPTION WHEN OTHERS THEN
END;
IF _pgtrigger_ignore IS NOT NULL THEN
SELECT trigger_name = ANY(_pgtrigger_ignore)
INTO _result;
RETURN _result;
ELSE
RETURN FALSE;
END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_allowed_moves_3c9ef() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE _is_valid_transition BOOLEAN;
BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
SELECT CONCAT(OLD."state", ':', NEW."state") = ANY('{claimed:submitted,claimed:failed,submitted:settled,submitted:failed,submitted:unknown,unknown:settled,unknown:failed,unknown:review,review:settled,review:failed}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_allowed_moves_6937f() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE _is_valid_transition BOOLEAN;
BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
SELECT CONCAT(OLD."state", ':', NEW."state") = ANY('{pending:paid,pending:failed}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_allowed_moves_83370() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE _is_valid_transition BOOLEAN;
BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
SELECT CONCAT(OLD."state", ':', NEW."state") = ANY('{pending:selling,pending:cancelled,selling:sold,selling:refused,selling:unknown,unknown:sold,unknown:refused}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_allowed_moves_8a482() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE _is_valid_transition BOOLEAN;
BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
SELECT CONCAT(OLD."state", ':', NEW."state") = ANY('{held:sold,held:selling,selling:sold,selling:held,held:shipping,shipping:held,shipping:shipped}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_allowed_moves_de34b() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE _is_valid_transition BOOLEAN;
BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
SELECT CONCAT(OLD."state", ':', NEW."state") = ANY('{queued:processing,queued:cancelled,queued:failed,processing:label_created,processing:cancelled,processing:failed,label_created:shipped,label_created:cancelled,label_created:failed,shipped:delivered}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_1cd98() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_2754b() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_4e403() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_52045() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_c2391() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_append_only_cd016() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_clock_only_forward_5c2b4() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;

IF NEW.clock_offset < OLD.clock_offset THEN
RAISE EXCEPTION 'a clock only moves forward' USING ERRCODE = 'check_violation';
END IF;
NEW.clock_moved_at = clock_timestamp();
RETURN NEW;

END;
$$;
CREATE FUNCTION public.pgtrigger_confirmed_is_final_3d250() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_confirmed_is_final_b4e44() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_keeps_prices_41415() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
INSERT INTO inventory_pricechange (card_id, before, fmv, priced_at) VALUES (NEW.id, OLD.fmv, NEW.fmv, NEW.priced_at); RETURN NULL;
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_064f0() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_20cca() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_4b3d1() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_751d8() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_e7949() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_no_truncate_fb1dc() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'this table is append-only';
END;
$$;
CREATE FUNCTION public.pgtrigger_retired_for_good_11b70() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;
RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
END;
$$;
CREATE FUNCTION public.pgtrigger_trail_of_moves_82cc1() RETURNS trigger
LANGUAGE plpgsql
AS $$

BEGIN
IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
IF (TG_OP = 'DELETE') THEN
RETURN OLD;
ELSE
RETURN NEW;
END IF;
END IF;

INSERT INTO buyback_move (buyback_id, before, after, answer, by, created_at)
VALUES (NEW.id, OLD.state, NEW.state, NEW.failure_reason,
coalesce(current_setting('sellback.by', true), ''), clock_timestamp());
RETURN NULL;

END;
$$;
CREATE TABLE public.account_emailaddress (
id integer NOT NULL,
email character varying(254) NOT NULL,
verified boolean NOT NULL,
"primary" boolean NOT NULL,
user_id bigint NOT NULL
);
ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.account_emailaddress_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.account_emailconfirmation (
id integer NOT NULL,
created timestamp with time zone NOT NULL,
sent timestamp with time zone,
key character varying(64) NOT NULL,
email_address_id integer NOT NULL
);
ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.account_emailconfirmation_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.auth_group (
id integer NOT NULL,
name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.auth_group_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.auth_group_permissions (
id bigint NOT NULL,
group_id integer NOT NULL,
permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.auth_group_permissions_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.auth_permission (
id integer NOT NULL,
name character varying(255) NOT NULL,
content_type_id integer NOT NULL,
codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.auth_permission_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_alert (
id uuid DEFAULT uuidv7() NOT NULL,
kind character varying(20) NOT NULL,
subject character varying(200) NOT NULL,
detail character varying(500) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
seen_at timestamp with time zone,
environment_id bigint
);
CREATE TABLE public.buyback_bulkline (
id bigint NOT NULL,
amount numeric(12,2) NOT NULL,
state character varying(9) NOT NULL,
reason character varying(13) NOT NULL,
lease_until timestamp with time zone,
closed_at timestamp with time zone,
buyback_id uuid,
environment_id bigint NOT NULL,
item_id bigint NOT NULL,
bulk_id uuid NOT NULL,
CONSTRAINT buyback_bulkline_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT buyback_bulkline_at_work_has_a_lease CHECK ((((lease_until IS NOT NULL) AND ((state)::text = ANY ((ARRAY['selling'::character varying, 'unknown'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['selling'::character varying, 'unknown'::character varying])::text[]))) AND (lease_until IS NULL)))),
CONSTRAINT buyback_bulkline_closed_has_its_time CHECK ((((closed_at IS NULL) AND ((state)::text = ANY ((ARRAY['pending'::character varying, 'selling'::character varying, 'unknown'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['pending'::character varying, 'selling'::character varying, 'unknown'::character varying])::text[]))) AND (closed_at IS NOT NULL)))),
CONSTRAINT buyback_bulkline_refused_has_a_reason CHECK ((((NOT ((state)::text = 'refused'::text)) AND ((reason)::text = ''::text)) OR (((reason)::text = ANY ((ARRAY['expired'::character varying, 'not_found'::character varying, 'in_progress'::character varying, 'failed'::character varying, 'price_changed'::character varying])::text[])) AND ((state)::text = 'refused'::text)))),
CONSTRAINT buyback_bulkline_sold_names_its_sale CHECK ((((buyback_id IS NOT NULL) AND ((state)::text = ANY ((ARRAY['sold'::character varying, 'unknown'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['sold'::character varying, 'unknown'::character varying, 'refused'::character varying])::text[]))) AND (buyback_id IS NULL)) OR ((state)::text = 'refused'::text))),
CONSTRAINT buyback_bulkline_state_known CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'selling'::character varying, 'unknown'::character varying, 'sold'::character varying, 'refused'::character varying, 'cancelled'::character varying])::text[])))
);
ALTER TABLE public.buyback_bulkline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_bulkline_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_bulksale (
id uuid DEFAULT uuidv7() NOT NULL,
token uuid NOT NULL,
requested_by character varying(300) NOT NULL,
created_at timestamp with time zone NOT NULL,
cancelled_by character varying(300) NOT NULL,
cancelled_at timestamp with time zone,
environment_id bigint NOT NULL,
CONSTRAINT buyback_bulksale_cancelled_by_somebody CHECK ((((cancelled_at IS NULL) AND ((cancelled_by)::text = ''::text)) OR ((NOT ((cancelled_by)::text = ''::text)) AND (cancelled_at IS NOT NULL))))
);
CREATE TABLE public.buyback_buyback (
id uuid DEFAULT uuidv7() NOT NULL,
state character varying(9) NOT NULL,
fmv numeric(12,2),
buyback_percent numeric(5,4) NOT NULL,
mint_price numeric(12,2) NOT NULL,
voucher boolean NOT NULL,
priced_at timestamp with time zone,
amount numeric(12,2),
requested_by character varying(300) NOT NULL,
failure_reason character varying(100) NOT NULL,
created_at timestamp with time zone NOT NULL,
submitted_at timestamp with time zone,
lease_until timestamp with time zone,
completed_at timestamp with time zone,
environment_id bigint NOT NULL,
item_id bigint NOT NULL,
counted_in character varying(40)[] DEFAULT '{}'::character varying(40)[] NOT NULL,
reference character varying(60) DEFAULT ''::character varying NOT NULL,
treasury character varying(200) DEFAULT ''::character varying NOT NULL,
CONSTRAINT buyback_buyback_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT buyback_buyback_amount_recomputes CHECK ((amount =
CASE
WHEN voucher THEN GREATEST(mint_price, round((fmv * buyback_percent), 2))
ELSE round((fmv * buyback_percent), 2)
END)),
CONSTRAINT buyback_buyback_completed_has_its_time CHECK ((((completed_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['settled'::character varying, 'failed'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['settled'::character varying, 'failed'::character varying])::text[]))) AND (completed_at IS NULL)))),
CONSTRAINT buyback_buyback_fmv_bounds CHECK (((fmv > (0)::numeric) AND (fmv < (1000000000)::numeric))),
CONSTRAINT buyback_buyback_mint_price_bounds CHECK (((mint_price > (0)::numeric) AND (mint_price < (1000000000)::numeric))),
CONSTRAINT buyback_buyback_open_has_a_lease CHECK ((((lease_until IS NOT NULL) AND ((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]))) AND (lease_until IS NULL)))),
CONSTRAINT buyback_buyback_percent_bounds CHECK (((buyback_percent > (0)::numeric) AND (buyback_percent <= (1)::numeric))),
CONSTRAINT buyback_buyback_priced_before_money CHECK ((((state)::text = ANY ((ARRAY['claimed'::character varying, 'failed'::character varying])::text[])) OR ((amount IS NOT NULL) AND (fmv IS NOT NULL) AND (priced_at IS NOT NULL)))),
CONSTRAINT buyback_buyback_state_known CHECK (((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'settled'::character varying, 'failed'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]))),
CONSTRAINT buyback_buyback_submitted_has_its_time CHECK (((NOT ((state)::text = ANY ((ARRAY['submitted'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]))) OR (submitted_at IS NOT NULL))),
CONSTRAINT buyback_buyback_treasury_has_a_reference CHECK (((((reference)::text = ''::text) AND ((treasury)::text = ''::text)) OR ((NOT ((treasury)::text = ''::text)) AND (NOT ((reference)::text = ''::text)))))
);
CREATE TABLE public.buyback_exposure (
id bigint NOT NULL,
closes character varying(5),
items bigint NOT NULL,
amount numeric(16,2) NOT NULL,
as_of timestamp with time zone NOT NULL,
pack_id bigint,
partner_id bigint,
CONSTRAINT buyback_exposure_items_check CHECK ((items >= 0)),
CONSTRAINT buyback_exposure_of_a_pack_or_of_all CHECK ((((closes IS NULL) AND (pack_id IS NULL) AND (partner_id IS NULL)) OR (((closes)::text = ANY ((ARRAY['1d'::character varying, '3d'::character varying, '7d'::character varying, '30d'::character varying, 'later'::character varying, 'never'::character varying])::text[])) AND (closes IS NOT NULL) AND (pack_id IS NOT NULL) AND (partner_id IS NOT NULL))))
);
ALTER TABLE public.buyback_exposure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_exposure_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_move (
id bigint NOT NULL,
before character varying(9) NOT NULL,
after character varying(9) NOT NULL,
answer character varying(100) NOT NULL,
by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
buyback_id uuid NOT NULL
);
ALTER TABLE public.buyback_move ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_move_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_paidhour (
id bigint NOT NULL,
starts_at timestamp with time zone NOT NULL,
paid bigint NOT NULL,
amount numeric(16,2) NOT NULL,
failed bigint NOT NULL,
partner_id bigint NOT NULL,
CONSTRAINT buyback_paidhour_failed_check CHECK ((failed >= 0)),
CONSTRAINT buyback_paidhour_paid_check CHECK ((paid >= 0))
);
ALTER TABLE public.buyback_paidhour ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_paidhour_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_payout (
id uuid DEFAULT uuidv7() NOT NULL,
amount numeric(12,2) NOT NULL,
state character varying(7) NOT NULL,
created_at timestamp with time zone NOT NULL,
paid_at timestamp with time zone,
buyback_id uuid NOT NULL,
collector_id bigint NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT buyback_payout_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT buyback_payout_paid_has_its_time CHECK ((((paid_at IS NOT NULL) AND ((state)::text = 'paid'::text)) OR ((NOT ((state)::text = 'paid'::text)) AND (paid_at IS NULL)))),
CONSTRAINT buyback_payout_state_known CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'paid'::character varying, 'failed'::character varying])::text[])))
);
CREATE TABLE public.buyback_proposal (
id bigint NOT NULL,
outcome character varying(7) NOT NULL,
reason character varying(500) NOT NULL,
proposed_by character varying(300) NOT NULL,
confirmed_by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
confirmed_at timestamp with time zone,
buyback_id uuid NOT NULL,
confirmer_id bigint,
proposer_id bigint,
CONSTRAINT buyback_proposal_confirmed_by_somebody CHECK ((((confirmed_at IS NULL) AND ((confirmed_by)::text = ''::text)) OR ((NOT ((confirmed_by)::text = ''::text)) AND (confirmed_at IS NOT NULL)))),
CONSTRAINT buyback_proposal_has_a_reason CHECK ((NOT ((reason)::text = ''::text))),
CONSTRAINT buyback_proposal_outcome_known CHECK (((outcome)::text = ANY ((ARRAY['settled'::character varying, 'failed'::character varying])::text[]))),
CONSTRAINT buyback_proposal_two_accounts CHECK ((NOT ((confirmer_id = proposer_id) AND (confirmer_id IS NOT NULL) AND (proposer_id IS NOT NULL)))),
CONSTRAINT buyback_proposal_two_people CHECK ((NOT ((confirmed_by)::text = (proposed_by)::text)))
);
ALTER TABLE public.buyback_proposal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_proposal_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_reversal (
id bigint NOT NULL,
reason character varying(500) NOT NULL,
proposed_by character varying(300) NOT NULL,
confirmed_by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
confirmed_at timestamp with time zone,
amount numeric(12,2) NOT NULL,
buyback_id uuid NOT NULL,
confirmer_id bigint,
environment_id bigint NOT NULL,
proposer_id bigint,
CONSTRAINT buyback_reversal_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT buyback_reversal_confirmed_by_somebody CHECK ((((confirmed_at IS NULL) AND ((confirmed_by)::text = ''::text)) OR ((NOT ((confirmed_by)::text = ''::text)) AND (confirmed_at IS NOT NULL)))),
CONSTRAINT buyback_reversal_has_a_reason CHECK ((NOT ((reason)::text = ''::text))),
CONSTRAINT buyback_reversal_two_accounts CHECK ((NOT ((confirmer_id = proposer_id) AND (confirmer_id IS NOT NULL) AND (proposer_id IS NOT NULL)))),
CONSTRAINT buyback_reversal_two_people CHECK ((NOT ((confirmed_by)::text = (proposed_by)::text)))
);
ALTER TABLE public.buyback_reversal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_reversal_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_spend (
id bigint NOT NULL,
scope character varying(40) NOT NULL,
starts_at timestamp with time zone NOT NULL,
total numeric(16,2) NOT NULL,
cap numeric(16,2) NOT NULL,
CONSTRAINT buyback_spend_within_cap CHECK (((total >= (0)::numeric) AND (total <= cap)))
);
ALTER TABLE public.buyback_spend ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_spend_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_statement (
id bigint NOT NULL,
day date NOT NULL,
sold integer NOT NULL,
sold_amount numeric(16,2) NOT NULL,
paid integer NOT NULL,
paid_amount numeric(16,2) NOT NULL,
failed integer NOT NULL,
closed_at timestamp with time zone NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT buyback_statement_amount_has_sales CHECK ((((sold = 0) AND (sold_amount = (0)::numeric)) OR ((sold > 0) AND (sold_amount > (0)::numeric)))),
CONSTRAINT buyback_statement_day_was_over CHECK ((day < ((closed_at AT TIME ZONE 'UTC'::text))::date)),
CONSTRAINT buyback_statement_failed_check CHECK ((failed >= 0)),
CONSTRAINT buyback_statement_paid_check CHECK ((paid >= 0)),
CONSTRAINT buyback_statement_paid_what_was_sold CHECK (((sold = paid) AND (sold_amount = paid_amount))),
CONSTRAINT buyback_statement_sold_check CHECK ((sold >= 0))
);
ALTER TABLE public.buyback_statement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.buyback_statement_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.buyback_transfer (
id uuid DEFAULT uuidv7() NOT NULL,
debit character varying(9) NOT NULL,
credit character varying(9) NOT NULL,
amount numeric(12,2) NOT NULL,
created_at timestamp with time zone NOT NULL,
buyback_id uuid NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT buyback_transfer_account_known CHECK ((((credit)::text = ANY ((ARRAY['treasury'::character varying, 'in_flight'::character varying, 'paid_out'::character varying])::text[])) AND ((debit)::text = ANY ((ARRAY['treasury'::character varying, 'in_flight'::character varying, 'paid_out'::character varying])::text[])))),
CONSTRAINT buyback_transfer_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT buyback_transfer_back_to_the_treasury CHECK (((NOT ((debit)::text = 'paid_out'::text)) OR ((credit)::text = 'treasury'::text))),
CONSTRAINT buyback_transfer_two_accounts CHECK ((NOT ((debit)::text = (credit)::text)))
);
CREATE TABLE public.buyback_treasurycontrol (
id smallint NOT NULL,
paused boolean NOT NULL,
cap_per_sale numeric(12,2),
cap_per_partner_day numeric(12,2),
cap_per_hour numeric(12,2),
CONSTRAINT buyback_treasurycontrol_day_bounds CHECK (((cap_per_partner_day > (0)::numeric) AND (cap_per_partner_day < (1000000000)::numeric))),
CONSTRAINT buyback_treasurycontrol_hour_bounds CHECK (((cap_per_hour > (0)::numeric) AND (cap_per_hour < (1000000000)::numeric))),
CONSTRAINT buyback_treasurycontrol_id_check CHECK ((id >= 0)),
CONSTRAINT buyback_treasurycontrol_one_row CHECK ((id = 1)),
CONSTRAINT buyback_treasurycontrol_sale_bounds CHECK (((cap_per_sale > (0)::numeric) AND (cap_per_sale < (1000000000)::numeric)))
);
CREATE TABLE public.cache (
cache_key character varying(255) NOT NULL,
value text NOT NULL,
expires timestamp with time zone NOT NULL
);
CREATE TABLE public.django_admin_log (
id integer NOT NULL,
action_time timestamp with time zone NOT NULL,
object_id text,
object_repr character varying(200) NOT NULL,
action_flag smallint NOT NULL,
change_message text NOT NULL,
content_type_id integer,
user_id bigint NOT NULL,
CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);
ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.django_admin_log_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.django_content_type (
id integer NOT NULL,
app_label character varying(100) NOT NULL,
model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.django_content_type_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.django_migrations (
id bigint NOT NULL,
app character varying(255) NOT NULL,
name character varying(255) NOT NULL,
applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.django_migrations_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.django_session (
session_key character varying(40) NOT NULL,
session_data text NOT NULL,
expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.inventory_card (
id bigint NOT NULL,
source_type character varying(8) NOT NULL,
listing_id character varying(100),
mint_address character varying(100),
public_id character varying(100) GENERATED ALWAYS AS (COALESCE(mint_address, listing_id)) STORED,
collection_address character varying(100),
token_standard character varying(40),
name character varying(300) NOT NULL,
image character varying(500) NOT NULL,
back_image character varying(500),
attributes jsonb NOT NULL,
fmv numeric(12,2) NOT NULL,
priced_at timestamp with time zone NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
pack_id bigint,
CONSTRAINT inventory_card_attributes_are_a_list CHECK ((jsonb_typeof(attributes) = 'array'::text)),
CONSTRAINT inventory_card_ebay_has_a_listing CHECK (((NOT ((source_type)::text = 'ebay'::text)) OR (listing_id IS NOT NULL))),
CONSTRAINT inventory_card_enft_is_minted CHECK (((NOT ((source_type)::text = 'enft'::text)) OR (mint_address IS NOT NULL))),
CONSTRAINT inventory_card_fmv_bounds CHECK (((fmv > (0)::numeric) AND (fmv < (1000000000)::numeric))),
CONSTRAINT inventory_card_has_an_identity CHECK (((mint_address IS NOT NULL) OR (listing_id IS NOT NULL))),
CONSTRAINT inventory_card_source_known CHECK (((source_type)::text = ANY ((ARRAY['enft'::character varying, 'ebay'::character varying, 'fanatics'::character varying, 'alt'::character varying, 'external'::character varying])::text[])))
);
ALTER TABLE public.inventory_card ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_card_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_cardfile (
id uuid DEFAULT uuidv7() NOT NULL,
name character varying(200) NOT NULL,
kind character varying(5) NOT NULL,
content bytea NOT NULL,
uploaded_by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
CONSTRAINT inventory_cardfile_kind_known CHECK (((kind)::text = ANY ((ARRAY['csv'::character varying, 'jsonl'::character varying])::text[])))
);
CREATE TABLE public.inventory_collector (
id bigint NOT NULL,
user_id character varying(255) NOT NULL COLLATE pg_catalog."C",
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT inventory_collector_user_id_filled CHECK ((NOT ((user_id)::text = ''::text)))
);
ALTER TABLE public.inventory_collector ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_collector_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_item (
id bigint NOT NULL,
mode character varying(7) NOT NULL,
public_id character varying(100) NOT NULL,
state character varying(8) NOT NULL,
fmv numeric(12,2) NOT NULL,
buyback_percent numeric(5,4) NOT NULL,
buyback_price numeric(12,2) NOT NULL,
purchased_at timestamp with time zone NOT NULL,
expires_at timestamp with time zone,
expired_at timestamp with time zone,
sold_at timestamp with time zone,
card_id bigint NOT NULL,
collector_id bigint NOT NULL,
environment_id bigint NOT NULL,
pack_id bigint NOT NULL,
purchase_id uuid NOT NULL,
CONSTRAINT inventory_item_buyback_price_bounds CHECK (((buyback_price > (0)::numeric) AND (buyback_price < (1000000000)::numeric))),
CONSTRAINT inventory_item_buyback_price_recomputes CHECK ((buyback_price = round((fmv * buyback_percent), 2))),
CONSTRAINT inventory_item_fmv_bounds CHECK (((fmv > (0)::numeric) AND (fmv < (1000000000)::numeric))),
CONSTRAINT inventory_item_percent_bounds CHECK (((buyback_percent > (0)::numeric) AND (buyback_percent <= (1)::numeric))),
CONSTRAINT inventory_item_sandbox_expires CHECK ((((mode)::text = 'live'::text) OR (expires_at IS NOT NULL))),
CONSTRAINT inventory_item_sold_has_its_time CHECK ((((sold_at IS NOT NULL) AND ((state)::text = 'sold'::text)) OR ((NOT ((state)::text = 'sold'::text)) AND (sold_at IS NULL)))),
CONSTRAINT inventory_item_state_known CHECK (((state)::text = ANY ((ARRAY['held'::character varying, 'selling'::character varying, 'sold'::character varying, 'shipping'::character varying, 'shipped'::character varying])::text[]))),
CONSTRAINT inventory_item_swept_had_a_window CHECK (((expired_at IS NULL) OR (expires_at IS NOT NULL))),
CONSTRAINT inventory_item_swept_sells_no_more CHECK (((expired_at IS NULL) OR (NOT ((state)::text = ANY ((ARRAY['selling'::character varying, 'sold'::character varying])::text[])))))
);
ALTER TABLE public.inventory_item ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_item_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_pack (
id bigint NOT NULL,
public_id character varying(44) NOT NULL,
slug character varying(100) NOT NULL,
type character varying(4) NOT NULL,
platform character varying(40) NOT NULL,
name character varying(200) NOT NULL,
description text NOT NULL,
image character varying(500) NOT NULL,
categories character varying(60)[] NOT NULL,
enable boolean NOT NULL,
mint_price numeric(12,2) NOT NULL,
max_per_mint integer NOT NULL,
buyback_percent numeric(5,4) NOT NULL,
buyback_window interval,
ev numeric(12,2),
min_ev numeric(12,2),
max_ev numeric(12,2),
ev_updated_at timestamp with time zone,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
CONSTRAINT inventory_pack_max_per_mint_check CHECK ((max_per_mint >= 0)),
CONSTRAINT inventory_pack_max_per_mint_positive CHECK ((max_per_mint >= 1)),
CONSTRAINT inventory_pack_mint_price_bounds CHECK (((mint_price > (0)::numeric) AND (mint_price < (1000000000)::numeric))),
CONSTRAINT inventory_pack_percent_bounds CHECK (((buyback_percent >= 0.5) AND (buyback_percent <= (1)::numeric))),
CONSTRAINT inventory_pack_type_known CHECK (((type)::text = ANY ((ARRAY['CORE'::character varying, 'EBAY'::character varying])::text[]))),
CONSTRAINT inventory_pack_window_positive CHECK (((buyback_window IS NULL) OR (buyback_window > '00:00:00'::interval)))
);
ALTER TABLE public.inventory_pack ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_pack_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_packactivity (
id bigint NOT NULL,
pulls_7d integer NOT NULL,
last_pull timestamp with time zone,
counted_at timestamp with time zone NOT NULL,
environment_id bigint,
pack_id bigint NOT NULL,
CONSTRAINT inventory_packactivity_pulls_7d_check CHECK ((pulls_7d >= 0))
);
ALTER TABLE public.inventory_packactivity ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_packactivity_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_pricechange (
id bigint NOT NULL,
before numeric(12,2) NOT NULL,
fmv numeric(12,2) NOT NULL,
priced_at timestamp with time zone NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
card_id bigint NOT NULL,
CONSTRAINT inventory_pricechange_before_bounds CHECK (((before > (0)::numeric) AND (before < (1000000000)::numeric))),
CONSTRAINT inventory_pricechange_fmv_bounds CHECK (((fmv > (0)::numeric) AND (fmv < (1000000000)::numeric))),
CONSTRAINT inventory_pricechange_is_a_change CHECK ((NOT (fmv = before)))
);
ALTER TABLE public.inventory_pricechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_pricechange_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_purchase (
id uuid DEFAULT uuidv7() NOT NULL,
amount integer NOT NULL,
mint_price numeric(12,2) NOT NULL,
voucher boolean NOT NULL,
public_id character varying(9) NOT NULL,
tx_hash character varying(120),
state character varying(9) NOT NULL,
created_at timestamp with time zone NOT NULL,
fulfilled_at timestamp with time zone,
collector_id bigint NOT NULL,
environment_id bigint NOT NULL,
pack_id bigint NOT NULL,
CONSTRAINT inventory_purchase_amount_check CHECK ((amount >= 0)),
CONSTRAINT inventory_purchase_amount_positive CHECK ((amount >= 1)),
CONSTRAINT inventory_purchase_fulfilled_is_complete CHECK (((NOT ((state)::text = 'fulfilled'::text)) OR ((fulfilled_at IS NOT NULL) AND (tx_hash IS NOT NULL)))),
CONSTRAINT inventory_purchase_mint_price_bounds CHECK (((mint_price > (0)::numeric) AND (mint_price < (1000000000)::numeric))),
CONSTRAINT inventory_purchase_public_id_base62 CHECK (((public_id)::text ~ '^_[0-9A-Za-z]{4,8}$'::text)),
CONSTRAINT inventory_purchase_state_known CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'fulfilled'::character varying, 'failed'::character varying])::text[])))
);
CREATE TABLE public.inventory_shippeditem (
id bigint NOT NULL,
released boolean NOT NULL,
environment_id bigint NOT NULL,
item_id bigint NOT NULL,
order_id bigint NOT NULL
);
ALTER TABLE public.inventory_shippeditem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_shippeditem_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_shippingorder (
id bigint NOT NULL,
public_id character varying(22) NOT NULL,
state character varying(13) NOT NULL,
carrier character varying(60) NOT NULL,
service character varying(60) NOT NULL,
insured boolean NOT NULL,
amount numeric(12,2) NOT NULL,
destination jsonb NOT NULL,
tracking_number character varying(100),
tracking_url character varying(500),
error_message character varying(500),
requested_by character varying(300) NOT NULL,
created_at timestamp with time zone NOT NULL,
shipped_at timestamp with time zone,
delivered_at timestamp with time zone,
environment_id bigint NOT NULL,
processing_at timestamp with time zone,
labelled_at timestamp with time zone,
ended_at timestamp with time zone,
CONSTRAINT inventory_shippingorder_amount_bounds CHECK (((amount > (0)::numeric) AND (amount < (1000000000)::numeric))),
CONSTRAINT inventory_shippingorder_delivered_has_its_time CHECK ((((delivered_at IS NOT NULL) AND ((state)::text = 'delivered'::text)) OR ((NOT ((state)::text = 'delivered'::text)) AND (delivered_at IS NULL)))),
CONSTRAINT inventory_shippingorder_ended_has_its_time CHECK ((((ended_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['cancelled'::character varying, 'failed'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['cancelled'::character varying, 'failed'::character varying])::text[]))) AND (ended_at IS NULL)))),
CONSTRAINT inventory_shippingorder_labelled_has_its_time CHECK ((((labelled_at IS NOT NULL) AND (NOT ((state)::text = ANY ((ARRAY['queued'::character varying, 'processing'::character varying])::text[])))) OR ((labelled_at IS NULL) AND (NOT ((state)::text = ANY ((ARRAY['label_created'::character varying, 'shipped'::character varying, 'delivered'::character varying])::text[])))))),
CONSTRAINT inventory_shippingorder_processing_has_its_time CHECK ((((processing_at IS NOT NULL) AND (NOT ((state)::text = 'queued'::text))) OR ((processing_at IS NULL) AND (NOT ((state)::text = ANY ((ARRAY['processing'::character varying, 'label_created'::character varying, 'shipped'::character varying, 'delivered'::character varying])::text[])))))),
CONSTRAINT inventory_shippingorder_public_id_form CHECK (((public_id)::text ~ '^order_[0-9A-Za-z_-]{16}$'::text)),
CONSTRAINT inventory_shippingorder_shipped_has_its_time CHECK ((((shipped_at IS NOT NULL) AND ((state)::text = ANY ((ARRAY['shipped'::character varying, 'delivered'::character varying])::text[]))) OR ((NOT ((state)::text = ANY ((ARRAY['shipped'::character varying, 'delivered'::character varying])::text[]))) AND (shipped_at IS NULL)))),
CONSTRAINT inventory_shippingorder_state_known CHECK (((state)::text = ANY ((ARRAY['queued'::character varying, 'processing'::character varying, 'label_created'::character varying, 'shipped'::character varying, 'delivered'::character varying, 'cancelled'::character varying, 'failed'::character varying])::text[])))
);
ALTER TABLE public.inventory_shippingorder ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_shippingorder_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_shippingquote (
id character varying(32) NOT NULL,
item_ids bigint[] NOT NULL,
destination jsonb NOT NULL,
rates jsonb NOT NULL,
requested_by character varying(300) NOT NULL,
created_at timestamp with time zone NOT NULL,
expires_at timestamp with time zone NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT inventory_shippingquote_holds_for_a_while CHECK ((expires_at > created_at)),
CONSTRAINT inventory_shippingquote_items_counted CHECK (((
CASE
WHEN (item_ids IS NULL) THEN NULL::integer
ELSE COALESCE(array_length(item_ids, 1), 0)
END >= 1) AND (
CASE
WHEN (item_ids IS NULL) THEN NULL::integer
ELSE COALESCE(array_length(item_ids, 1), 0)
END <= 100)))
);
CREATE TABLE public.inventory_tally (
id bigint NOT NULL,
pulled integer NOT NULL,
held integer NOT NULL,
held_value numeric(16,2) NOT NULL,
sold integer NOT NULL,
counted_at timestamp with time zone NOT NULL,
environment_id bigint NOT NULL,
pack_id bigint NOT NULL,
CONSTRAINT inventory_tally_adds_up CHECK (((held_value >= (0)::numeric) AND (pulled >= (held + sold)))),
CONSTRAINT inventory_tally_held_check CHECK ((held >= 0)),
CONSTRAINT inventory_tally_pulled_check CHECK ((pulled >= 0)),
CONSTRAINT inventory_tally_sold_check CHECK ((sold >= 0))
);
ALTER TABLE public.inventory_tally ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_tally_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_tier (
id bigint NOT NULL,
"position" smallint NOT NULL,
name character varying(60) NOT NULL,
color character varying(7) NOT NULL,
lower numeric(12,2) NOT NULL,
upper numeric(12,2) NOT NULL,
weight numeric(12,4) NOT NULL,
pack_id bigint NOT NULL,
available integer,
cards integer,
mean numeric(12,2),
sold integer,
CONSTRAINT inventory_tier_available_check CHECK ((available >= 0)),
CONSTRAINT inventory_tier_bounds_ordered CHECK (((lower >= (0)::numeric) AND (upper > lower) AND (upper < (1000000000)::numeric))),
CONSTRAINT inventory_tier_cards_check CHECK ((cards >= 0)),
CONSTRAINT inventory_tier_color_hex CHECK (((color)::text ~ '^#[0-9a-fA-F]{6}$'::text)),
CONSTRAINT inventory_tier_position_check CHECK (("position" >= 0)),
CONSTRAINT inventory_tier_sold_check CHECK ((sold >= 0)),
CONSTRAINT inventory_tier_weight_positive CHECK (((weight > (0)::numeric) AND (weight < (100000000)::numeric)))
);
ALTER TABLE public.inventory_tier ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_tier_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.inventory_usertally (
id bigint NOT NULL,
size integer NOT NULL,
value numeric(16,2) NOT NULL,
closes timestamp with time zone,
latest timestamp with time zone NOT NULL,
collector_id bigint NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT inventory_usertally_holds_something CHECK (((size > 0) AND (value > (0)::numeric))),
CONSTRAINT inventory_usertally_size_check CHECK ((size >= 0))
);
ALTER TABLE public.inventory_usertally ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.inventory_usertally_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.mfa_authenticator (
id bigint NOT NULL,
type character varying(20) NOT NULL,
data jsonb NOT NULL,
user_id bigint NOT NULL,
created_at timestamp with time zone NOT NULL,
last_used_at timestamp with time zone
);
ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.mfa_authenticator_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_apicall (
id bigint NOT NULL,
method character varying(10) NOT NULL,
path text NOT NULL,
status smallint NOT NULL,
microseconds integer NOT NULL,
request_id character varying(128) NOT NULL,
sent text NOT NULL,
answered text NOT NULL,
created_at timestamp with time zone NOT NULL,
environment_id bigint NOT NULL,
key_id bigint NOT NULL,
CONSTRAINT partners_apicall_microseconds_check CHECK ((microseconds >= 0)),
CONSTRAINT partners_apicall_status_check CHECK ((status >= 0))
);
ALTER TABLE public.partners_apicall ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_apicall_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_apikey (
id bigint NOT NULL,
name character varying(100) NOT NULL,
key_id character varying(16) NOT NULL,
digest bytea NOT NULL,
last_four character varying(4) NOT NULL,
scopes character varying(40)[] NOT NULL,
created_by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
last_used_at timestamp with time zone,
expires_at timestamp with time zone,
revoked_at timestamp with time zone,
environment_id bigint NOT NULL,
replaced_by_id bigint,
CONSTRAINT partners_apikey_replaced_ends CHECK (((replaced_by_id IS NULL) OR ((expires_at IS NOT NULL) AND (NOT ((replaced_by_id = id) AND (replaced_by_id IS NOT NULL)))))),
CONSTRAINT partners_apikey_scopes_known CHECK ((scopes <@ ARRAY['inventory:read'::character varying(40), 'buyback:write'::character varying(40), 'purchase:write'::character varying(40), 'ship:write'::character varying(40)]))
);
ALTER TABLE public.partners_apikey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_apikey_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_auditentry (
id uuid DEFAULT uuidv7() NOT NULL,
actor character varying(300) NOT NULL,
action character varying(60) NOT NULL,
target character varying(300) NOT NULL,
before jsonb,
after jsonb,
request_id character varying(128) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
partner_id bigint
);
CREATE TABLE public.partners_environment (
id bigint NOT NULL,
mode character varying(7) NOT NULL,
clock_offset interval NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
partner_id bigint NOT NULL,
clock_moved_at timestamp with time zone,
retired_at timestamp with time zone,
calls_per_minute integer,
cap_per_day numeric(12,2),
CONSTRAINT partners_environment_calls_bounds CHECK (((calls_per_minute >= 1) AND (calls_per_minute <= 1000000))),
CONSTRAINT partners_environment_calls_per_minute_check CHECK ((calls_per_minute >= 0)),
CONSTRAINT partners_environment_cap_bounds CHECK (((cap_per_day > (0)::numeric) AND (cap_per_day < (1000000000)::numeric))),
CONSTRAINT partners_environment_live_clock_is_real CHECK ((((mode)::text = 'sandbox'::text) OR (clock_offset = '00:00:00'::interval))),
CONSTRAINT partners_environment_live_is_never_retired CHECK ((((mode)::text = 'sandbox'::text) OR (retired_at IS NULL))),
CONSTRAINT partners_environment_mode_known CHECK (((mode)::text = ANY ((ARRAY['live'::character varying, 'sandbox'::character varying])::text[]))),
CONSTRAINT partners_environment_sandbox_has_no_cap CHECK ((((mode)::text = 'live'::text) OR (cap_per_day IS NULL)))
);
ALTER TABLE public.partners_environment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_environment_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_event (
id uuid DEFAULT uuidv7() NOT NULL,
type character varying(40) NOT NULL,
data jsonb NOT NULL,
created_at timestamp with time zone NOT NULL,
environment_id bigint NOT NULL
);
CREATE TABLE public.partners_idempotencykey (
id bigint NOT NULL,
key character varying(255) NOT NULL,
fingerprint bytea NOT NULL,
status smallint,
body bytea,
subject uuid,
lease_until timestamp with time zone,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT partners_idempotencykey_answered_or_at_work CHECK ((((body IS NULL) AND (lease_until IS NOT NULL) AND (status IS NULL)) OR ((body IS NOT NULL) AND (status IS NOT NULL)))),
CONSTRAINT partners_idempotencykey_status_check CHECK ((status >= 0))
);
ALTER TABLE public.partners_idempotencykey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_idempotencykey_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_invitation (
id bigint NOT NULL,
email character varying(254) NOT NULL,
role character varying(10) NOT NULL,
digest bytea NOT NULL,
created_by character varying(300) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
expires_at timestamp with time zone NOT NULL,
accepted_at timestamp with time zone,
withdrawn_at timestamp with time zone,
partner_id bigint NOT NULL,
CONSTRAINT partners_invitation_ends_once CHECK (((accepted_at IS NULL) OR (withdrawn_at IS NULL))),
CONSTRAINT partners_invitation_role_known CHECK (((role)::text = ANY ((ARRAY['viewer'::character varying, 'operator'::character varying, 'owner'::character varying])::text[])))
);
ALTER TABLE public.partners_invitation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_invitation_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_lostcalls (
id bigint NOT NULL,
day date NOT NULL,
calls integer NOT NULL,
environment_id bigint NOT NULL,
CONSTRAINT partners_lostcalls_calls_check CHECK ((calls >= 0)),
CONSTRAINT partners_lostcalls_some CHECK ((calls > 0))
);
ALTER TABLE public.partners_lostcalls ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_lostcalls_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_membership (
id bigint NOT NULL,
role character varying(10) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
user_id bigint NOT NULL,
partner_id bigint NOT NULL,
CONSTRAINT partners_membership_role_known CHECK (((role)::text = ANY ((ARRAY['viewer'::character varying, 'operator'::character varying, 'owner'::character varying])::text[])))
);
ALTER TABLE public.partners_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_membership_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_partner (
id bigint NOT NULL,
name character varying(200) NOT NULL,
slug character varying(60) NOT NULL,
status character varying(10) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
requires_factor boolean DEFAULT false NOT NULL,
CONSTRAINT partners_partner_status_known CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'suspended'::character varying])::text[])))
);
ALTER TABLE public.partners_partner ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_partner_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_savedview (
id bigint NOT NULL,
page character varying(40) NOT NULL,
name character varying(60) NOT NULL,
query character varying(1000) NOT NULL,
created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
environment_id bigint NOT NULL,
user_id bigint NOT NULL,
CONSTRAINT partners_savedview_named CHECK ((((name)::text ~ '\S'::text) AND (NOT ((page)::text = ''::text))))
);
ALTER TABLE public.partners_savedview ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_savedview_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_user (
id bigint NOT NULL,
password character varying(128) NOT NULL,
last_login timestamp with time zone,
is_superuser boolean NOT NULL,
first_name character varying(150) NOT NULL,
last_name character varying(150) NOT NULL,
is_staff boolean NOT NULL,
is_active boolean NOT NULL,
date_joined timestamp with time zone NOT NULL,
email character varying(254) NOT NULL
);
CREATE TABLE public.partners_user_groups (
id bigint NOT NULL,
user_id bigint NOT NULL,
group_id integer NOT NULL
);
ALTER TABLE public.partners_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_user_groups_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
ALTER TABLE public.partners_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_user_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.partners_user_user_permissions (
id bigint NOT NULL,
user_id bigint NOT NULL,
permission_id integer NOT NULL
);
ALTER TABLE public.partners_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.partners_user_user_permissions_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
CREATE TABLE public.usersessions_usersession (
id bigint NOT NULL,
created_at timestamp with time zone NOT NULL,
ip inet NOT NULL,
last_seen_at timestamp with time zone NOT NULL,
session_key character varying(40) NOT NULL,
user_agent character varying(200) NOT NULL,
data jsonb NOT NULL,
user_id bigint NOT NULL
);
ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
SEQUENCE NAME public.usersessions_usersession_id_seq
START WITH 1
INCREMENT BY 1
NO MINVALUE
NO MAXVALUE
CACHE 1
);
INSERT INTO public.auth_group VALUES
(1, 'support'),
(2, 'operations'),
(3, 'treasury');
INSERT INTO public.auth_group_permissions VALUES
(1, 1, 4),
(2, 1, 12),
(3, 1, 16),
(4, 1, 20),
(5, 1, 24),
(6, 1, 28),
(7, 1, 32),
(8, 1, 36),
(9, 1, 52),
(10, 1, 56),
(11, 1, 60),
(12, 1, 64),
(13, 1, 68),
(14, 1, 73),
(15, 1, 89),
(16, 1, 94),
(17, 1, 98),
(18, 1, 102),
(19, 1, 106),
(20, 1, 111),
(21, 1, 115),
(22, 1, 123),
(23, 1, 127),
(24, 2, 4),
(25, 2, 9),
(26, 2, 10),
(27, 2, 12),
(28, 2, 16),
(29, 2, 20),
(30, 2, 21),
(31, 2, 22),
(32, 2, 24),
(33, 2, 25),
(34, 2, 26),
(35, 2, 27),
(36, 2, 28),
(37, 2, 32),
(38, 2, 36),
(39, 2, 52),
(40, 2, 53),
(41, 2, 54),
(42, 2, 56),
(43, 2, 57),
(44, 2, 58),
(45, 2, 60),
(46, 2, 64),
(47, 2, 68),
(48, 2, 69),
(49, 2, 70),
(50, 2, 71),
(51, 2, 72),
(52, 2, 73),
(53, 2, 89),
(54, 2, 94),
(55, 2, 98),
(56, 2, 102),
(57, 2, 106),
(58, 2, 111),
(59, 2, 115),
(60, 2, 123),
(61, 2, 127),
(62, 3, 128),
(63, 3, 4),
(64, 3, 12),
(65, 3, 16),
(66, 3, 20),
(67, 3, 24),
(68, 3, 28),
(69, 3, 32),
(70, 3, 36),
(71, 3, 52),
(72, 3, 56),
(73, 3, 60),
(74, 3, 64),
(75, 3, 68),
(76, 3, 73),
(77, 3, 89),
(78, 3, 90),
(79, 3, 94),
(80, 3, 98),
(81, 3, 102),
(82, 3, 106),
(83, 3, 107),
(84, 3, 109),
(85, 3, 111),
(86, 3, 113),
(87, 3, 115),
(88, 3, 123),
(89, 3, 127),
(90, 1, 153),
(91, 1, 148),
(92, 2, 153),
(93, 2, 148),
(94, 2, 149),
(95, 3, 153),
(96, 3, 148);
INSERT INTO public.auth_permission VALUES
(1, 'Can add environment', 1, 'add_environment'),
(2, 'Can change environment', 1, 'change_environment'),
(3, 'Can delete environment', 1, 'delete_environment'),
(4, 'Can view environment', 1, 'view_environment'),
(5, 'Can add user', 2, 'add_user'),
(6, 'Can change user', 2, 'change_user'),
(7, 'Can delete user', 2, 'delete_user'),
(8, 'Can view user', 2, 'view_user'),
(9, 'Can add API key', 3, 'add_apikey'),
(10, 'Can change API key', 3, 'change_apikey'),
(11, 'Can delete API key', 3, 'delete_apikey'),
(12, 'Can view API key', 3, 'view_apikey'),
(13, 'Can add event', 4, 'add_event'),
(14, 'Can change event', 4, 'change_event'),
(15, 'Can delete event', 4, 'delete_event'),
(16, 'Can view event', 4, 'view_event'),
(17, 'Can add idempotency key', 5, 'add_idempotencykey'),
(18, 'Can change idempotency key', 5, 'change_idempotencykey'),
(19, 'Can delete idempotency key', 5, 'delete_idempotencykey'),
(20, 'Can view idempotency key', 5, 'view_idempotencykey'),
(21, 'Can add partner', 6, 'add_partner'),
(22, 'Can change partner', 6, 'change_partner'),
(23, 'Can delete partner', 6, 'delete_partner'),
(24, 'Can view partner', 6, 'view_partner'),
(25, 'Can add membership', 7, 'add_membership'),
(26, 'Can change membership', 7, 'change_membership'),
(27, 'Can delete membership', 7, 'delete_membership'),
(28, 'Can view membership', 7, 'view_membership'),
(29, 'Can add audit entry', 8, 'add_auditentry'),
(30, 'Can change audit entry', 8, 'change_auditentry'),
(31, 'Can delete audit entry', 8, 'delete_auditentry'),
(32, 'Can view audit entry', 8, 'view_auditentry'),
(33, 'Can add invitation', 9, 'add_invitation'),
(34, 'Can change invitation', 9, 'change_invitation'),
(35, 'Can delete invitation', 9, 'delete_invitation'),
(36, 'Can view invitation', 9, 'view_invitation'),
(37, 'Can add saved view', 10, 'add_savedview'),
(38, 'Can change saved view', 10, 'change_savedview'),
(39, 'Can delete saved view', 10, 'delete_savedview'),
(40, 'Can view saved view', 10, 'view_savedview'),
(41, 'Can add API call', 11, 'add_apicall'),
(42, 'Can change API call', 11, 'change_apicall'),
(43, 'Can delete API call', 11, 'delete_apicall'),
(44, 'Can view API call', 11, 'view_apicall'),
(45, 'Can add lost calls', 12, 'add_lostcalls'),
(46, 'Can change lost calls', 12, 'change_lostcalls'),
(47, 'Can delete lost calls', 12, 'delete_lostcalls'),
(48, 'Can view lost calls', 12, 'view_lostcalls'),
(49, 'Can add collector', 13, 'add_collector'),
(50, 'Can change collector', 13, 'change_collector'),
(51, 'Can delete collector', 13, 'delete_collector'),
(52, 'Can view collector', 13, 'view_collector'),
(53, 'Can add pack', 14, 'add_pack'),
(54, 'Can change pack', 14, 'change_pack'),
(55, 'Can delete pack', 14, 'delete_pack'),
(56, 'Can view pack', 14, 'view_pack'),
(57, 'Can add card', 15, 'add_card'),
(58, 'Can change card', 15, 'change_card'),
(59, 'Can delete card', 15, 'delete_card'),
(60, 'Can view card', 15, 'view_card'),
(61, 'Can add purchase', 16, 'add_purchase'),
(62, 'Can change purchase', 16, 'change_purchase'),
(63, 'Can delete purchase', 16, 'delete_purchase'),
(64, 'Can view purchase', 16, 'view_purchase'),
(65, 'Can add item', 17, 'add_item'),
(66, 'Can change item', 17, 'change_item'),
(67, 'Can delete item', 17, 'delete_item'),
(68, 'Can view item', 17, 'view_item'),
(69, 'Can extend and close sellback windows', 17, 'set_window'),
(70, 'Can add tier', 18, 'add_tier'),
(71, 'Can change tier', 18, 'change_tier'),
(72, 'Can delete tier', 18, 'delete_tier'),
(73, 'Can view tier', 18, 'view_tier'),
(74, 'Can add pack activity', 19, 'add_packactivity'),
(75, 'Can change pack activity', 19, 'change_packactivity'),
(76, 'Can delete pack activity', 19, 'delete_packactivity'),
(77, 'Can view pack activity', 19, 'view_packactivity'),
(78, 'Can add card file', 20, 'add_cardfile'),
(79, 'Can change card file', 20, 'change_cardfile'),
(80, 'Can delete card file', 20, 'delete_cardfile'),
(81, 'Can view card file', 20, 'view_cardfile'),
(82, 'Can add price change', 21, 'add_pricechange'),
(83, 'Can change price change', 21, 'change_pricechange'),
(84, 'Can delete price change', 21, 'delete_pricechange'),
(85, 'Can view price change', 21, 'view_pricechange'),
(86, 'Can add buyback', 22, 'add_buyback'),
(87, 'Can change buyback', 22, 'change_buyback'),
(88, 'Can delete buyback', 22, 'delete_buyback'),
(89, 'Can view buyback', 22, 'view_buyback'),
(90, 'Can reconcile open sellbacks and resolve those in review', 22, 'resolve_review'),
(91, 'Can add payout', 23, 'add_payout'),
(92, 'Can change payout', 23, 'change_payout'),
(93, 'Can delete payout', 23, 'delete_payout'),
(94, 'Can view payout', 23, 'view_payout'),
(95, 'Can add proposal', 24, 'add_proposal'),
(96, 'Can change proposal', 24, 'change_proposal'),
(97, 'Can delete proposal', 24, 'delete_proposal'),
(98, 'Can view proposal', 24, 'view_proposal'),
(99, 'Can add spend', 25, 'add_spend'),
(100, 'Can change spend', 25, 'change_spend');
INSERT INTO public.auth_permission VALUES
(101, 'Can delete spend', 25, 'delete_spend'),
(102, 'Can view spend', 25, 'view_spend'),
(103, 'Can add transfer', 26, 'add_transfer'),
(104, 'Can change transfer', 26, 'change_transfer'),
(105, 'Can delete transfer', 26, 'delete_transfer'),
(106, 'Can view transfer', 26, 'view_transfer'),
(107, 'Can check every rule of the ledger', 26, 'check_ledger'),
(108, 'Can add treasury control', 27, 'add_treasurycontrol'),
(109, 'Can change treasury control', 27, 'change_treasurycontrol'),
(110, 'Can delete treasury control', 27, 'delete_treasurycontrol'),
(111, 'Can view treasury control', 27, 'view_treasurycontrol'),
(112, 'Can add alert', 28, 'add_alert'),
(113, 'Can change alert', 28, 'change_alert'),
(114, 'Can delete alert', 28, 'delete_alert'),
(115, 'Can view alert', 28, 'view_alert'),
(116, 'Can add move', 29, 'add_move'),
(117, 'Can change move', 29, 'change_move'),
(118, 'Can delete move', 29, 'delete_move'),
(119, 'Can view move', 29, 'view_move'),
(120, 'Can add statement', 30, 'add_statement'),
(121, 'Can change statement', 30, 'change_statement'),
(122, 'Can delete statement', 30, 'delete_statement'),
(123, 'Can view statement', 30, 'view_statement'),
(124, 'Can add reversal', 31, 'add_reversal'),
(125, 'Can change reversal', 31, 'change_reversal'),
(126, 'Can delete reversal', 31, 'delete_reversal'),
(127, 'Can view reversal', 31, 'view_reversal'),
(128, 'Can propose and confirm that a payout was recovered', 31, 'reverse_payout'),
(129, 'Can add exposure', 32, 'add_exposure'),
(130, 'Can change exposure', 32, 'change_exposure'),
(131, 'Can delete exposure', 32, 'delete_exposure'),
(132, 'Can view exposure', 32, 'view_exposure'),
(133, 'Can add paid hour', 33, 'add_paidhour'),
(134, 'Can change paid hour', 33, 'change_paidhour'),
(135, 'Can delete paid hour', 33, 'delete_paidhour'),
(136, 'Can view paid hour', 33, 'view_paidhour'),
(137, 'Can add bulk sale', 34, 'add_bulksale'),
(138, 'Can change bulk sale', 34, 'change_bulksale'),
(139, 'Can delete bulk sale', 34, 'delete_bulksale'),
(140, 'Can view bulk sale', 34, 'view_bulksale'),
(141, 'Can add bulk line', 35, 'add_bulkline'),
(142, 'Can change bulk line', 35, 'change_bulkline'),
(143, 'Can delete bulk line', 35, 'delete_bulkline'),
(144, 'Can view bulk line', 35, 'view_bulkline'),
(145, 'Can add shipping order', 36, 'add_shippingorder'),
(146, 'Can change shipping order', 36, 'change_shippingorder'),
(147, 'Can delete shipping order', 36, 'delete_shippingorder'),
(148, 'Can view shipping order', 36, 'view_shippingorder'),
(149, 'Can move shipping orders along', 36, 'fulfil_order'),
(150, 'Can add shipped item', 37, 'add_shippeditem'),
(151, 'Can change shipped item', 37, 'change_shippeditem'),
(152, 'Can delete shipped item', 37, 'delete_shippeditem'),
(153, 'Can view shipped item', 37, 'view_shippeditem'),
(154, 'Can add shipping quote', 38, 'add_shippingquote'),
(155, 'Can change shipping quote', 38, 'change_shippingquote'),
(156, 'Can delete shipping quote', 38, 'delete_shippingquote'),
(157, 'Can view shipping quote', 38, 'view_shippingquote'),
(158, 'Can add tally', 39, 'add_tally'),
(159, 'Can change tally', 39, 'change_tally'),
(160, 'Can delete tally', 39, 'delete_tally'),
(161, 'Can view tally', 39, 'view_tally'),
(162, 'Can add user tally', 40, 'add_usertally'),
(163, 'Can change user tally', 40, 'change_usertally'),
(164, 'Can delete user tally', 40, 'delete_usertally'),
(165, 'Can view user tally', 40, 'view_usertally'),
(166, 'Can add log entry', 41, 'add_logentry'),
(167, 'Can change log entry', 41, 'change_logentry'),
(168, 'Can delete log entry', 41, 'delete_logentry'),
(169, 'Can view log entry', 41, 'view_logentry'),
(170, 'Can add permission', 42, 'add_permission'),
(171, 'Can change permission', 42, 'change_permission'),
(172, 'Can delete permission', 42, 'delete_permission'),
(173, 'Can view permission', 42, 'view_permission'),
(174, 'Can add group', 43, 'add_group'),
(175, 'Can change group', 43, 'change_group'),
(176, 'Can delete group', 43, 'delete_group'),
(177, 'Can view group', 43, 'view_group'),
(178, 'Can add content type', 44, 'add_contenttype'),
(179, 'Can change content type', 44, 'change_contenttype'),
(180, 'Can delete content type', 44, 'delete_contenttype'),
(181, 'Can view content type', 44, 'view_contenttype'),
(182, 'Can add session', 45, 'add_session'),
(183, 'Can change session', 45, 'change_session'),
(184, 'Can delete session', 45, 'delete_session'),
(185, 'Can view session', 45, 'view_session'),
(186, 'Can add email address', 46, 'add_emailaddress'),
(187, 'Can change email address', 46, 'change_emailaddress'),
(188, 'Can delete email address', 46, 'delete_emailaddress'),
(189, 'Can view email address', 46, 'view_emailaddress'),
(190, 'Can add email confirmation', 47, 'add_emailconfirmation'),
(191, 'Can change email confirmation', 47, 'change_emailconfirmation'),
(192, 'Can delete email confirmation', 47, 'delete_emailconfirmation'),
(193, 'Can view email confirmation', 47, 'view_emailconfirmation'),
(194, 'Can add authenticator', 48, 'add_authenticator'),
(195, 'Can change authenticator', 48, 'change_authenticator'),
(196, 'Can delete authenticator', 48, 'delete_authenticator'),
(197, 'Can view authenticator', 48, 'view_authenticator'),
(198, 'Can add user session', 49, 'add_usersession'),
(199, 'Can change user session', 49, 'change_usersession'),
(200, 'Can delete user session', 49, 'delete_usersession');
INSERT INTO public.auth_permission VALUES
(201, 'Can view user session', 49, 'view_usersession');
INSERT INTO public.buyback_alert VALUES
('01a22bd5-9e46-751a-9499-6b108554563e', 'sale_in_review', 'item ext-1', 'past the retention', '2026-11-30 09:42:29.70221+00', NULL, 1),
('01a22bd5-9e51-7490-89c2-a2add63ac529', 'sale_in_review', 'item MintGlassOtter1111111111111111111111111111', 'past the retention', '2026-11-30 09:42:29.713241+00', NULL, 1),
('01a22bd5-9e5b-746e-928e-f2ca78255ffc', 'sale_in_review', 'item MintHarbourKing111111111111111111111111111', 'past the retention', '2026-11-30 09:42:29.72323+00', NULL, 1);
INSERT INTO public.buyback_buyback VALUES
('01a22bd5-9df0-717f-a9dc-48467ee4cca6', 'claimed', NULL, 0.8500, 25.00, false, NULL, NULL, 'system', '', '2026-04-18 19:05:14+00', NULL, '2026-04-18 19:05:29+00', NULL, 1, 1, '{}', '', ''),
('01a22bd5-9df8-72a3-b03c-9a03bd418de8', 'submitted', 6.40, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 5.44, 'system', '', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '2026-04-18 19:05:29+00', NULL, 1, 2, '{}', '', ''),
('01a22bd5-9dff-7913-b191-2555f1818681', 'settled', 8.00, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 6.80, 'system', '', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', NULL, '2026-04-18 19:05:14+00', 1, 3, '{}', '', ''),
('01a22bd5-9e05-74c8-a24a-f5f9f904e211', 'failed', 9.99, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 8.49, 'system', 'declined', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', NULL, '2026-04-18 19:05:14+00', 1, 4, '{}', '', ''),
('01a22bd5-9e0a-7ce2-b540-4513777574f3', 'unknown', 12.30, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 10.46, 'system', 'no answer', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '2026-04-18 19:05:29+00', NULL, 1, 5, '{}', '', ''),
('01a22bd5-9e10-7535-a0a7-f20eca94a5a8', 'review', 19.99, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 16.99, 'system', 'past the retention', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '2026-04-18 19:05:29+00', NULL, 1, 6, '{}', '', ''),
('01a22bd5-9e18-77da-8cae-ad60047b8194', 'review', 45.67, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 38.82, 'system', 'past the retention', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '2026-04-18 19:05:29+00', NULL, 1, 8, '{}', '', ''),
('01a22bd5-9e14-79b3-9e7a-80ccb70515b5', 'settled', 20.00, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 17.00, 'system', '', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', NULL, '2026-11-30 09:42:29.747502+00', 1, 7, '{}', '', ''),
('01a22bd5-9e83-7298-ae39-c98dbd72dda2', 'settled', 5.00, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 4.25, 'system', '', '2026-04-18 19:05:14+00', NULL, NULL, '2026-04-18 19:05:14+00', 2, 9, '{}', '', ''),
('01a22bd5-9e8c-708f-ac74-93cb9b81be9b', 'settled', 6.40, 0.8500, 25.00, false, '2026-04-18 19:05:14+00', 5.44, 'system', '', '2026-04-18 19:05:14+00', NULL, NULL, '2026-04-18 19:05:14+00', 2, 10, '{}', '', '');
INSERT INTO public.buyback_move VALUES
(1, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.662145+00', '01a22bd5-9df8-72a3-b03c-9a03bd418de8'),
(2, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.664651+00', '01a22bd5-9dff-7913-b191-2555f1818681'),
(3, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.666352+00', '01a22bd5-9e05-74c8-a24a-f5f9f904e211'),
(4, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.667826+00', '01a22bd5-9e0a-7ce2-b540-4513777574f3'),
(5, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.669382+00', '01a22bd5-9e10-7535-a0a7-f20eca94a5a8'),
(6, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.670855+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5'),
(7, 'claimed', 'submitted', '', '', '2026-11-30 09:42:29.671695+00', '01a22bd5-9e18-77da-8cae-ad60047b8194'),
(8, 'submitted', 'settled', '', '', '2026-11-30 09:42:29.674932+00', '01a22bd5-9dff-7913-b191-2555f1818681'),
(9, 'submitted', 'failed', 'declined', '', '2026-11-30 09:42:29.682695+00', '01a22bd5-9e05-74c8-a24a-f5f9f904e211'),
(10, 'submitted', 'unknown', 'no answer', '', '2026-11-30 09:42:29.691414+00', '01a22bd5-9e0a-7ce2-b540-4513777574f3'),
(11, 'submitted', 'unknown', 'past the retention', '', '2026-11-30 09:42:29.696366+00', '01a22bd5-9e10-7535-a0a7-f20eca94a5a8'),
(12, 'unknown', 'review', 'past the retention', '', '2026-11-30 09:42:29.70161+00', '01a22bd5-9e10-7535-a0a7-f20eca94a5a8'),
(13, 'submitted', 'unknown', 'past the retention', '', '2026-11-30 09:42:29.707844+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5'),
(14, 'unknown', 'review', 'past the retention', '', '2026-11-30 09:42:29.712643+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5'),
(15, 'submitted', 'unknown', 'past the retention', '', '2026-11-30 09:42:29.717644+00', '01a22bd5-9e18-77da-8cae-ad60047b8194'),
(16, 'unknown', 'review', 'past the retention', '', '2026-11-30 09:42:29.722076+00', '01a22bd5-9e18-77da-8cae-ad60047b8194'),
(17, 'review', 'settled', '', 'user:ben@x.test', '2026-11-30 09:42:29.750386+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5');
INSERT INTO public.buyback_payout VALUES
('01a22bd5-9e2a-7691-a1b5-04fd62d18bba', 6.80, 'paid', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '01a22bd5-9dff-7913-b191-2555f1818681', 3, 1),
('01a22bd5-9e76-7388-ba20-d6e50dae36d1', 17.00, 'paid', '2026-11-30 09:42:29.747502+00', '2026-11-30 09:42:29.747502+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5', 7, 1),
('01a22bd5-9e83-74be-9e74-f31375864cf1', 4.25, 'paid', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '01a22bd5-9e83-7298-ae39-c98dbd72dda2', 9, 2),
('01a22bd5-9e8c-72b9-aa8f-7b63e81ed6ea', 5.44, 'paid', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', '01a22bd5-9e8c-708f-ac74-93cb9b81be9b', 10, 2);
INSERT INTO public.buyback_proposal VALUES
(2, 'settled', 'on the statement', 'user:anna@x.test', '', '2026-11-30 09:42:29.74012+00', NULL, '01a22bd5-9e18-77da-8cae-ad60047b8194', NULL, NULL),
(1, 'settled', 'on the statement', 'user:anna@x.test', 'user:ben@x.test', '2026-11-30 09:42:29.730737+00', '2026-11-30 09:42:29.747502+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5', NULL, NULL);
INSERT INTO public.buyback_transfer VALUES
('01a22bd5-9e1d-748f-b60e-485dedb61cac', 'treasury', 'in_flight', 5.44, '2026-04-18 19:05:14+00', '01a22bd5-9df8-72a3-b03c-9a03bd418de8', 1),
('01a22bd5-9e20-78b9-b818-bb00a91ce95b', 'treasury', 'in_flight', 6.80, '2026-04-18 19:05:14+00', '01a22bd5-9dff-7913-b191-2555f1818681', 1),
('01a22bd5-9e22-7436-9e1c-c433fbf29ec4', 'treasury', 'in_flight', 8.49, '2026-04-18 19:05:14+00', '01a22bd5-9e05-74c8-a24a-f5f9f904e211', 1),
('01a22bd5-9e23-7bd7-a6c6-fa370b04bbd9', 'treasury', 'in_flight', 10.46, '2026-04-18 19:05:14+00', '01a22bd5-9e0a-7ce2-b540-4513777574f3', 1),
('01a22bd5-9e25-74bf-a5fc-480783e5e7ba', 'treasury', 'in_flight', 16.99, '2026-04-18 19:05:14+00', '01a22bd5-9e10-7535-a0a7-f20eca94a5a8', 1),
('01a22bd5-9e26-7c28-a9ab-618af0f76171', 'treasury', 'in_flight', 17.00, '2026-04-18 19:05:14+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5', 1),
('01a22bd5-9e27-7a08-ae8d-07eef6560315', 'treasury', 'in_flight', 38.82, '2026-04-18 19:05:14+00', '01a22bd5-9e18-77da-8cae-ad60047b8194', 1),
('01a22bd5-9e2a-7d60-87e2-a127677a283f', 'in_flight', 'paid_out', 6.80, '2026-04-18 19:05:14+00', '01a22bd5-9dff-7913-b191-2555f1818681', 1),
('01a22bd5-9e34-7ee7-850f-f7eb7e856906', 'in_flight', 'treasury', 8.49, '2026-04-18 19:05:14+00', '01a22bd5-9e05-74c8-a24a-f5f9f904e211', 1),
('01a22bd5-9e76-7518-b4a6-82708dc294b6', 'in_flight', 'paid_out', 17.00, '2026-11-30 09:42:29.747502+00', '01a22bd5-9e14-79b3-9e7a-80ccb70515b5', 1),
('01a22bd5-9e83-75ee-8604-c6af3f013396', 'treasury', 'paid_out', 4.25, '2026-04-18 19:05:14+00', '01a22bd5-9e83-7298-ae39-c98dbd72dda2', 2),
('01a22bd5-9e8c-73d0-a324-a0597b61a45b', 'treasury', 'paid_out', 5.44, '2026-04-18 19:05:14+00', '01a22bd5-9e8c-708f-ac74-93cb9b81be9b', 2);
INSERT INTO public.django_content_type VALUES
(1, 'partners', 'environment'),
(2, 'partners', 'user'),
(3, 'partners', 'apikey'),
(4, 'partners', 'event'),
(5, 'partners', 'idempotencykey'),
(6, 'partners', 'partner'),
(7, 'partners', 'membership'),
(8, 'partners', 'auditentry'),
(9, 'partners', 'invitation'),
(10, 'partners', 'savedview'),
(11, 'partners', 'apicall'),
(12, 'partners', 'lostcalls'),
(13, 'inventory', 'collector'),
(14, 'inventory', 'pack'),
(15, 'inventory', 'card'),
(16, 'inventory', 'purchase'),
(17, 'inventory', 'item'),
(18, 'inventory', 'tier'),
(19, 'inventory', 'packactivity'),
(20, 'inventory', 'cardfile'),
(21, 'inventory', 'pricechange'),
(22, 'buyback', 'buyback'),
(23, 'buyback', 'payout'),
(24, 'buyback', 'proposal'),
(25, 'buyback', 'spend'),
(26, 'buyback', 'transfer'),
(27, 'buyback', 'treasurycontrol'),
(28, 'buyback', 'alert'),
(29, 'buyback', 'move'),
(30, 'buyback', 'statement'),
(31, 'buyback', 'reversal'),
(32, 'buyback', 'exposure'),
(33, 'buyback', 'paidhour'),
(34, 'buyback', 'bulksale'),
(35, 'buyback', 'bulkline'),
(36, 'inventory', 'shippingorder'),
(37, 'inventory', 'shippeditem'),
(38, 'inventory', 'shippingquote'),
(39, 'inventory', 'tally'),
(40, 'inventory', 'usertally'),
(41, 'admin', 'logentry'),
(42, 'auth', 'permission'),
(43, 'auth', 'group'),
(44, 'contenttypes', 'contenttype'),
(45, 'sessions', 'session'),
(46, 'account', 'emailaddress'),
(47, 'account', 'emailconfirmation'),
(48, 'mfa', 'authenticator'),
(49, 'usersessions', 'usersession');
INSERT INTO public.django_migrations VALUES
(1, 'contenttypes', '0001_initial', '2026-11-30 09:42:22.831655+00'),
(2, 'contenttypes', '0002_remove_content_type_name', '2026-11-30 09:42:22.838612+00'),
(3, 'auth', '0001_initial', '2026-11-30 09:42:22.8654+00'),
(4, 'auth', '0002_alter_permission_name_max_length', '2026-11-30 09:42:22.870856+00'),
(5, 'auth', '0003_alter_user_email_max_length', '2026-11-30 09:42:22.876678+00'),
(6, 'auth', '0004_alter_user_username_opts', '2026-11-30 09:42:22.880813+00'),
(7, 'auth', '0005_alter_user_last_login_null', '2026-11-30 09:42:22.887769+00'),
(8, 'auth', '0006_require_contenttypes_0002', '2026-11-30 09:42:22.888936+00'),
(9, 'auth', '0007_alter_validators_add_error_messages', '2026-11-30 09:42:22.89276+00'),
(10, 'auth', '0008_alter_user_username_max_length', '2026-11-30 09:42:22.896592+00'),
(11, 'auth', '0009_alter_user_last_name_max_length', '2026-11-30 09:42:22.900233+00'),
(12, 'auth', '0010_alter_group_name_max_length', '2026-11-30 09:42:22.906786+00'),
(13, 'auth', '0011_update_proxy_permissions', '2026-11-30 09:42:22.910628+00'),
(14, 'auth', '0012_alter_user_first_name_max_length', '2026-11-30 09:42:22.914724+00'),
(15, 'partners', '0001_initial', '2026-11-30 09:42:23.092966+00'),
(16, 'account', '0001_initial', '2026-11-30 09:42:23.126292+00'),
(17, 'account', '0002_email_max_length', '2026-11-30 09:42:23.137003+00'),
(18, 'account', '0003_alter_emailaddress_create_unique_verified_email', '2026-11-30 09:42:23.151607+00'),
(19, 'account', '0004_alter_emailaddress_drop_unique_email', '2026-11-30 09:42:23.165836+00'),
(20, 'account', '0005_emailaddress_idx_upper_email', '2026-11-30 09:42:23.17601+00'),
(21, 'account', '0006_emailaddress_lower', '2026-11-30 09:42:23.197216+00'),
(22, 'account', '0007_emailaddress_idx_email', '2026-11-30 09:42:23.218543+00'),
(23, 'account', '0008_emailaddress_unique_primary_email_fixup', '2026-11-30 09:42:23.235431+00'),
(24, 'account', '0009_emailaddress_unique_primary_email', '2026-11-30 09:42:23.243818+00'),
(25, 'admin', '0001_initial', '2026-11-30 09:42:23.262527+00'),
(26, 'admin', '0002_logentry_remove_auto_add', '2026-11-30 09:42:23.270175+00'),
(27, 'admin', '0003_logentry_add_action_flag_choices', '2026-11-30 09:42:23.277726+00'),
(28, 'partners', '0002_rows_by_target', '2026-11-30 09:42:23.292385+00'),
(29, 'partners', '0003_clocks_only_move_forward', '2026-11-30 09:42:23.442373+00'),
(30, 'partners', '0004_known_scopes', '2026-11-30 09:42:23.448772+00'),
(31, 'partners', '0005_requires_factor', '2026-11-30 09:42:23.453162+00'),
(32, 'partners', '0006_window_event', '2026-11-30 09:42:23.457603+00'),
(33, 'partners', '0007_sandboxes_retire', '2026-11-30 09:42:23.488812+00'),
(34, 'partners', '0008_invitations', '2026-11-30 09:42:23.529256+00'),
(35, 'partners', '0009_shipment_event', '2026-11-30 09:42:23.534232+00'),
(36, 'partners', '0010_limits_of_their_own', '2026-11-30 09:42:23.571404+00'),
(37, 'partners', '0011_saved_views', '2026-11-30 09:42:23.592622+00'),
(38, 'partners', '0012_request_log', '2026-11-30 09:42:23.615762+00'),
(39, 'partners', '0013_events_by_type', '2026-11-30 09:42:23.624026+00'),
(40, 'partners', '0014_lost_calls', '2026-11-30 09:42:23.643129+00'),
(41, 'partners', '0015_audit_found_by_exact_values', '2026-11-30 09:42:23.658578+00'),
(42, 'inventory', '0001_initial', '2026-11-30 09:42:24.38438+00'),
(43, 'inventory', '0002_tenant_keys', '2026-11-30 09:42:24.434627+00'),
(44, 'inventory', '0003_pack_activity', '2026-11-30 09:42:24.463087+00'),
(45, 'inventory', '0004_set_window', '2026-11-30 09:42:24.476912+00'),
(46, 'inventory', '0005_stock_and_price_history', '2026-11-30 09:42:24.590951+00'),
(47, 'buyback', '0001_initial', '2026-11-30 09:42:25.385974+00'),
(48, 'buyback', '0002_tenant_keys', '2026-11-30 09:42:25.443397+00'),
(49, 'buyback', '0003_trail_of_moves', '2026-11-30 09:42:25.723962+00'),
(50, 'buyback', '0004_statements', '2026-11-30 09:42:25.91805+00'),
(51, 'buyback', '0005_whom_a_sale_was_submitted_to', '2026-11-30 09:42:26.063979+00'),
(52, 'buyback', '0006_reversals', '2026-11-30 09:42:26.537609+00'),
(53, 'buyback', '0007_staff_groups', '2026-11-30 09:42:26.694596+00'),
(54, 'buyback', '0008_standing', '2026-11-30 09:42:26.881525+00'),
(55, 'buyback', '0009_bulk_sales', '2026-11-30 09:42:27.521872+00'),
(56, 'buyback', '0010_more_that_staff_may_see', '2026-11-30 09:42:27.665663+00'),
(57, 'buyback', '0011_the_treasury_contradicts_itself', '2026-11-30 09:42:27.691399+00'),
(58, 'buyback', '0012_alerts_by_subject', '2026-11-30 09:42:27.71118+00'),
(59, 'config', '0001_queue_and_cache', '2026-11-30 09:42:27.784438+00'),
(60, 'inventory', '0006_shipping', '2026-11-30 09:42:28.390746+00'),
(61, 'inventory', '0007_tallies', '2026-11-30 09:42:28.43871+00'),
(62, 'inventory', '0008_fulfilment', '2026-11-30 09:42:28.627895+00'),
(63, 'inventory', '0009_queue_page_by_page', '2026-11-30 09:42:28.685791+00'),
(64, 'inventory', '0010_swept_sells_no_more', '2026-11-30 09:42:28.717728+00'),
(65, 'inventory', '0011_items_under_way', '2026-11-30 09:42:28.746919+00'),
(66, 'inventory', '0012_order_times', '2026-11-30 09:42:29.113585+00'),
(67, 'inventory', '0013_users_by_what_they_hold', '2026-11-30 09:42:29.159485+00'),
(68, 'mfa', '0001_initial', '2026-11-30 09:42:29.202242+00'),
(69, 'mfa', '0002_authenticator_timestamps', '2026-11-30 09:42:29.225666+00'),
(70, 'mfa', '0003_authenticator_type_uniq', '2026-11-30 09:42:29.259976+00'),
(71, 'partners', '0016_keys_are_rotated_once', '2026-11-30 09:42:29.321707+00'),
(72, 'sessions', '0001_initial', '2026-11-30 09:42:29.330892+00'),
(73, 'usersessions', '0001_initial', '2026-11-30 09:42:29.37087+00');
INSERT INTO public.inventory_card VALUES
(1, 'enft', NULL, 'MintFogBell1111111111111111111111111111111', DEFAULT, NULL, NULL, 'Fog Bell', 'https://cards.example.test/2.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 5.00, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(2, 'enft', NULL, 'MintTideClock11111111111111111111111111111', DEFAULT, NULL, NULL, 'Tide Clock', 'https://cards.example.test/3.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 6.40, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(3, 'ebay', 'v1|110586049456|0', NULL, DEFAULT, NULL, NULL, 'Copper Heron', 'https://cards.example.test/4.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 8.00, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(4, 'fanatics', 'fan-20417', NULL, DEFAULT, NULL, NULL, 'Moss Runner', 'https://cards.example.test/5.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 9.99, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(5, 'alt', 'alt-7731', NULL, DEFAULT, NULL, NULL, 'Paper Comet', 'https://cards.example.test/6.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 12.30, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(6, 'external', 'ext-1', NULL, DEFAULT, NULL, NULL, 'Salt Lantern', 'https://cards.example.test/7.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 19.99, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(7, 'enft', NULL, 'MintGlassOtter1111111111111111111111111111', DEFAULT, NULL, NULL, 'Glass Otter', 'https://cards.example.test/8.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 20.00, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(8, 'enft', NULL, 'MintHarbourKing111111111111111111111111111', DEFAULT, NULL, NULL, 'Harbour King', 'https://cards.example.test/9.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 45.67, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(9, 'ebay', 'v1|220191|3', 'MintListedTwice111111111111111111111111111', DEFAULT, NULL, NULL, 'Cliff Sparrow', 'https://cards.example.test/10.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 60.00, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(10, 'enft', NULL, 'MintNorthLight1111111111111111111111111111', DEFAULT, NULL, NULL, 'North Light', 'https://cards.example.test/11.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 82.50, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(11, 'enft', NULL, 'MintQuietStorm1111111111111111111111111111', DEFAULT, NULL, NULL, 'Quiet Storm', 'https://cards.example.test/12.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 150.00, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1),
(12, 'enft', NULL, 'MintLastLighthouse111111111111111111111111', DEFAULT, NULL, NULL, 'Last Lighthouse', 'https://cards.example.test/13.svg', NULL, '[{"value": "Tidewater", "trait_type": "Set"}]', 999.99, '2026-04-18 19:05:14+00', '2026-11-30 09:42:29.511328+00', 1);
INSERT INTO public.inventory_collector VALUES
(1, 'user-24', '2026-11-30 09:42:29.59797+00', 1),
(2, 'user-26', '2026-11-30 09:42:29.618367+00', 1),
(3, 'user-28', '2026-11-30 09:42:29.625526+00', 1),
(4, 'user-30', '2026-11-30 09:42:29.632811+00', 1),
(5, 'user-32', '2026-11-30 09:42:29.638445+00', 1),
(6, 'user-34', '2026-11-30 09:42:29.644217+00', 1),
(7, 'user-36', '2026-11-30 09:42:29.649411+00', 1),
(8, 'user-38', '2026-11-30 09:42:29.653417+00', 1),
(9, 'user-40', '2026-11-30 09:42:29.754098+00', 2),
(10, 'user-42', '2026-11-30 09:42:29.766693+00', 2),
(11, 'user-44', '2026-11-30 09:42:29.774289+00', 2),
(12, 'user-46', '2026-11-30 09:42:29.776183+00', 1);
INSERT INTO public.inventory_item VALUES
(1, 'live', 'MintFogBell1111111111111111111111111111111', 'selling', 5.00, 0.8500, 4.25, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 1, 1, 1, 1, '01a22bd5-9de2-70cd-a86a-20f69c4be23c'),
(2, 'live', 'MintTideClock11111111111111111111111111111', 'selling', 6.40, 0.8500, 5.44, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 2, 2, 1, 1, '01a22bd5-9df4-7b27-a5ce-40b1ff329864'),
(5, 'live', 'alt-7731', 'selling', 12.30, 0.8500, 10.46, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 5, 5, 1, 1, '01a22bd5-9e08-7366-98ee-4fbd9f00449e'),
(6, 'live', 'ext-1', 'selling', 19.99, 0.8500, 16.99, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 6, 6, 1, 1, '01a22bd5-9e0d-7ebc-95d7-9ad4f1272ced'),
(8, 'live', 'MintHarbourKing111111111111111111111111111', 'selling', 45.67, 0.8500, 38.82, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 8, 8, 1, 1, '01a22bd5-9e17-70a0-8df7-a45589c3bc8c'),
(3, 'live', 'v1|110586049456|0', 'sold', 8.00, 0.8500, 6.80, '2026-04-18 19:05:14+00', NULL, NULL, '2026-04-18 19:05:14+00', 3, 3, 1, 1, '01a22bd5-9dfb-77b2-998d-789184d71f02'),
(4, 'live', 'fan-20417', 'held', 9.99, 0.8500, 8.49, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 4, 4, 1, 1, '01a22bd5-9e02-79cf-8235-94cea5705583'),
(7, 'live', 'MintGlassOtter1111111111111111111111111111', 'sold', 20.00, 0.8500, 17.00, '2026-04-18 19:05:14+00', NULL, NULL, '2026-11-30 09:42:29.747502+00', 7, 7, 1, 1, '01a22bd5-9e13-70bc-b123-f1778229eac2'),
(9, 'sandbox', 'MintFogBell1111111111111111111111111111111', 'sold', 5.00, 0.8500, 4.25, '2026-04-18 19:05:14+00', '2026-04-25 19:05:14+00', NULL, '2026-04-18 19:05:14+00', 1, 9, 2, 1, '01a22bd5-9e7a-7d41-a625-aa7822180800'),
(10, 'sandbox', 'MintTideClock11111111111111111111111111111', 'sold', 6.40, 0.8500, 5.44, '2026-04-18 19:05:14+00', '2026-04-25 19:05:14+00', NULL, '2026-04-18 19:05:14+00', 2, 10, 2, 1, '01a22bd5-9e87-75c5-a220-c7ae9a2eec84'),
(11, 'sandbox', 'v1|110586049456|0', 'held', 8.00, 0.8500, 6.80, '2026-04-18 19:05:14+00', '2026-04-25 19:05:14+00', NULL, NULL, 3, 11, 2, 1, '01a22bd5-9e8f-705b-869a-3ba5095b54a3'),
(12, 'live', 'MintListedTwice111111111111111111111111111', 'held', 60.00, 0.8500, 51.00, '2026-04-18 19:05:14+00', NULL, NULL, NULL, 9, 12, 1, 1, '01a22bd5-9e92-72dc-821a-61f30fe97b14');
INSERT INTO public.inventory_pack VALUES
(1, 'TidewaterBox11111111111111111111111111111111', 'tidewater-box', 'CORE', 'mainnet', 'Tidewater Box', 'Twelve finds from the shore.', 'https://cards.example.test/tidewater.svg', '{Voyages,Relics}', true, 25.00, 5, 0.8500, NULL, NULL, NULL, NULL, NULL, '2026-11-30 09:42:29.505539+00');
INSERT INTO public.inventory_purchase VALUES
('01a22bd5-9de2-70cd-a86a-20f69c4be23c', 1, 25.00, false, '_00000025', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 1, 1, 1),
('01a22bd5-9df4-7b27-a5ce-40b1ff329864', 1, 25.00, false, '_00000027', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 2, 1, 1),
('01a22bd5-9dfb-77b2-998d-789184d71f02', 1, 25.00, false, '_00000029', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 3, 1, 1),
('01a22bd5-9e02-79cf-8235-94cea5705583', 1, 25.00, false, '_00000031', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 4, 1, 1),
('01a22bd5-9e08-7366-98ee-4fbd9f00449e', 1, 25.00, false, '_00000033', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 5, 1, 1),
('01a22bd5-9e0d-7ebc-95d7-9ad4f1272ced', 1, 25.00, false, '_00000035', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 6, 1, 1),
('01a22bd5-9e13-70bc-b123-f1778229eac2', 1, 25.00, false, '_00000037', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 7, 1, 1),
('01a22bd5-9e17-70a0-8df7-a45589c3bc8c', 1, 25.00, false, '_00000039', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 8, 1, 1),
('01a22bd5-9e7a-7d41-a625-aa7822180800', 1, 25.00, false, '_00000041', 'sandbox_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 9, 2, 1),
('01a22bd5-9e87-75c5-a220-c7ae9a2eec84', 1, 25.00, false, '_00000043', 'sandbox_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 10, 2, 1),
('01a22bd5-9e8f-705b-869a-3ba5095b54a3', 1, 25.00, false, '_00000045', 'sandbox_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 11, 2, 1),
('01a22bd5-9e92-72dc-821a-61f30fe97b14', 1, 25.00, false, '_00000047', 'live_hash', 'fulfilled', '2026-04-18 19:05:14+00', '2026-04-18 19:05:14+00', 12, 1, 1);
INSERT INTO public.inventory_tier VALUES
(1, 0, 'Common', '#94a3b8', 5.00, 20.00, 70.0000, 1, NULL, NULL, NULL, NULL),
(2, 1, 'Rare', '#3b82f6', 20.00, 100.00, 25.0000, 1, NULL, NULL, NULL, NULL),
(3, 2, 'Legendary', '#f59e0b', 100.00, 1000.00, 5.0000, 1, NULL, NULL, NULL, NULL);
INSERT INTO public.partners_apikey VALUES
(4, 'Server', '000000000022', '\x8e5821385e6a23a18cbea2633fc67f3033c1b05fe30c05b8e32105d43bb3af1a', '0023', '{}', 'system', '2026-11-30 09:42:29.532791+00', NULL, NULL, NULL, 4, NULL),
(3, 'Server', '000000000020', '\x2f8e02eea8275c9894f8236e75cfd930cae8749147299a15479b197814173792', '0021', '{}', 'system', '2026-11-30 09:42:29.532791+00', NULL, NULL, NULL, 3, NULL),
(2, 'Server', '000000000017', '\x0cadc2a8d421304cbe7df538f735b16780f49c299b23e944fd6ddc1e7ef7a92c', '0018', '{}', 'system', '2026-11-30 09:42:29.520425+00', NULL, NULL, NULL, 2, NULL),
(1, 'Server', '000000000015', '\x15c04d2bb0437e7bceea529a57a1811994611ee3d0dc6e3d440c7bab7348addf', '0016', '{}', 'system', '2026-11-30 09:42:29.520425+00', NULL, NULL, NULL, 1, NULL);
INSERT INTO public.partners_auditentry VALUES
('01a22bd5-9e65-7001-81d3-8c099d46a286', 'user:anna@x.test', 'buyback.review_proposed', 'buyback.buyback:01a22bd5-9e14-79b3-9e7a-80ccb70515b5', NULL, '{"reason": "on the statement", "outcome": "settled", "proposed_by": "user:anna@x.test"}', '', '2026-11-30 09:42:29.732881+00', 1),
('01a22bd5-9e6d-7b20-948d-c9ee0683a24a', 'user:anna@x.test', 'buyback.review_proposed', 'buyback.buyback:01a22bd5-9e18-77da-8cae-ad60047b8194', NULL, '{"reason": "on the statement", "outcome": "settled", "proposed_by": "user:anna@x.test"}', '', '2026-11-30 09:42:29.741653+00', 1),
('01a22bd5-9e78-7583-9ea7-f986010497d1', 'user:ben@x.test', 'buyback.review_confirmed', 'buyback.buyback:01a22bd5-9e14-79b3-9e7a-80ccb70515b5', '{"state": "review"}', '{"state": "settled", "reason": "on the statement", "outcome": "settled", "proposed_by": "user:anna@x.test"}', '', '2026-11-30 09:42:29.752296+00', 1);
INSERT INTO public.partners_environment VALUES
(1, 'live', '00:00:00', '2026-11-30 09:42:29.517491+00', 1, NULL, NULL, NULL, NULL),
(2, 'sandbox', '00:00:00', '2026-11-30 09:42:29.517491+00', 1, NULL, NULL, NULL, NULL),
(3, 'live', '00:00:00', '2026-11-30 09:42:29.530385+00', 2, NULL, NULL, NULL, NULL),
(4, 'sandbox', '00:00:00', '2026-11-30 09:42:29.530385+00', 2, NULL, NULL, NULL, NULL);
INSERT INTO public.partners_event VALUES
('01a22bd5-9e2a-7ac5-b63e-81b39966b4b5', 'buyback.completed', '{"by": "system", "pack": "TidewaterBox11111111111111111111111111111111", "amount": 6.80, "item_id": "v1|110586049456|0", "user_id": "user-28", "payout_id": "01a22bd5-9e2a-7691-a1b5-04fd62d18bba", "buyback_id": "01a22bd5-9dff-7913-b191-2555f1818681"}', '2026-04-18 19:05:14+00', 1),
('01a22bd5-9e35-7e6b-95aa-877df485e413', 'buyback.failed', '{"by": "system", "pack": "TidewaterBox11111111111111111111111111111111", "reason": "declined", "item_id": "fan-20417", "user_id": "user-30", "buyback_id": "01a22bd5-9e05-74c8-a24a-f5f9f904e211"}', '2026-04-18 19:05:14+00', 1),
('01a22bd5-9e76-749b-b0e6-e759fc34f37a', 'buyback.completed', '{"by": "system", "pack": "TidewaterBox11111111111111111111111111111111", "amount": 17.00, "item_id": "MintGlassOtter1111111111111111111111111111", "user_id": "user-36", "payout_id": "01a22bd5-9e76-7388-ba20-d6e50dae36d1", "buyback_id": "01a22bd5-9e14-79b3-9e7a-80ccb70515b5"}', '2026-11-30 09:42:29.747502+00', 1),
('01a22bd5-9e83-7595-9e8c-835f26f21203', 'buyback.completed', '{"by": "system", "amount": 4.25, "item_id": "MintFogBell1111111111111111111111111111111", "user_id": "user-40", "payout_id": "01a22bd5-9e83-74be-9e74-f31375864cf1", "buyback_id": "01a22bd5-9e83-7298-ae39-c98dbd72dda2"}', '2026-04-18 19:05:14+00', 2),
('01a22bd5-9e8c-737b-8e15-656940716234', 'buyback.completed', '{"by": "system", "amount": 5.44, "item_id": "MintTideClock11111111111111111111111111111", "user_id": "user-42", "payout_id": "01a22bd5-9e8c-72b9-aa8f-7b63e81ed6ea", "buyback_id": "01a22bd5-9e8c-708f-ac74-93cb9b81be9b"}', '2026-04-18 19:05:14+00', 2);
INSERT INTO public.partners_idempotencykey VALUES
(1, 'sell-1', '\x0000000000000000000000000000000000000000000000000000000000000000', 200, '\x7b2273756363657373223a747275652c22616d6f756e74223a342e32357d', NULL, NULL, '2026-11-30 09:42:29.765235+00', 2),
(2, 'sell-2', '\x0000000000000000000000000000000000000000000000000000000000000000', 200, '\x7b2273756363657373223a747275652c22616d6f756e74223a352e34347d', NULL, NULL, '2026-11-30 09:42:29.773224+00', 2),
(3, 'key-48', '\x0000000000000000000000000000000000000000000000000000000000000000', 200, '\x7b7d', NULL, NULL, '2026-11-30 09:42:29.779504+00', 1);
INSERT INTO public.partners_membership VALUES
(1, 'viewer', '2026-11-30 09:42:29.526494+00', 1, 1),
(2, 'operator', '2026-11-30 09:42:29.526494+00', 2, 1),
(3, 'owner', '2026-11-30 09:42:29.526494+00', 3, 1),
(4, 'viewer', '2026-11-30 09:42:29.537777+00', 4, 2),
(5, 'operator', '2026-11-30 09:42:29.537777+00', 5, 2),
(6, 'owner', '2026-11-30 09:42:29.537777+00', 6, 2);
INSERT INTO public.partners_partner VALUES
(1, 'Northwind Cards', 'northwind', 'active', '2026-11-30 09:42:29.5155+00', false),
(2, 'Juniper & Sons', 'juniper', 'active', '2026-11-30 09:42:29.52831+00', false);
INSERT INTO public.partners_user VALUES
(1, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.522738+00', 'viewer@northwind.test'),
(2, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.522789+00', 'operator@northwind.test'),
(3, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.522823+00', 'owner@northwind.test'),
(4, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.535019+00', 'viewer@juniper.test'),
(5, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.535072+00', 'operator@juniper.test'),
(6, '!', NULL, false, '', '', false, true, '2026-11-30 09:42:29.535105+00', 'owner@juniper.test'),
(7, '!', NULL, true, '', '', true, true, '2026-11-30 09:42:29.539065+00', 'admin@phygitals.test');
SELECT pg_catalog.setval('public.account_emailaddress_id_seq', 1, false);
SELECT pg_catalog.setval('public.account_emailconfirmation_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_group_id_seq', 3, true);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 96, true);
SELECT pg_catalog.setval('public.auth_permission_id_seq', 201, true);
SELECT pg_catalog.setval('public.buyback_bulkline_id_seq', 1, false);
SELECT pg_catalog.setval('public.buyback_exposure_id_seq', 1, false);
SELECT pg_catalog.setval('public.buyback_move_id_seq', 17, true);
SELECT pg_catalog.setval('public.buyback_paidhour_id_seq', 1, false);
SELECT pg_catalog.setval('public.buyback_proposal_id_seq', 2, true);
SELECT pg_catalog.setval('public.buyback_reversal_id_seq', 1, false);
SELECT pg_catalog.setval('public.buyback_spend_id_seq', 1, false);
SELECT pg_catalog.setval('public.buyback_statement_id_seq', 1, false);
SELECT pg_catalog.setval('public.django_admin_log_id_seq', 1, false);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 49, true);
SELECT pg_catalog.setval('public.django_migrations_id_seq', 73, true);
SELECT pg_catalog.setval('public.inventory_card_id_seq', 12, true);
SELECT pg_catalog.setval('public.inventory_collector_id_seq', 12, true);
SELECT pg_catalog.setval('public.inventory_item_id_seq', 12, true);
SELECT pg_catalog.setval('public.inventory_pack_id_seq', 1, true);
SELECT pg_catalog.setval('public.inventory_packactivity_id_seq', 1, false);
SELECT pg_catalog.setval('public.inventory_pricechange_id_seq', 1, false);
SELECT pg_catalog.setval('public.inventory_shippeditem_id_seq', 1, false);
SELECT pg_catalog.setval('public.inventory_shippingorder_id_seq', 1, false);
SELECT pg_catalog.setval('public.inventory_tally_id_seq', 1, false);
SELECT pg_catalog.setval('public.inventory_tier_id_seq', 3, true);
SELECT pg_catalog.setval('public.inventory_usertally_id_seq', 1, false);
SELECT pg_catalog.setval('public.mfa_authenticator_id_seq', 1, true);
SELECT pg_catalog.setval('public.partners_apicall_id_seq', 1, false);
SELECT pg_catalog.setval('public.partners_apikey_id_seq', 4, true);
SELECT pg_catalog.setval('public.partners_environment_id_seq', 4, true);
SELECT pg_catalog.setval('public.partners_idempotencykey_id_seq', 3, true);
SELECT pg_catalog.setval('public.partners_invitation_id_seq', 1, false);
SELECT pg_catalog.setval('public.partners_lostcalls_id_seq', 1, false);
SELECT pg_catalog.setval('public.partners_membership_id_seq', 6, true);
SELECT pg_catalog.setval('public.partners_partner_id_seq', 2, true);
SELECT pg_catalog.setval('public.partners_savedview_id_seq', 1, false);
SELECT pg_catalog.setval('public.partners_user_groups_id_seq', 1, false);
SELECT pg_catalog.setval('public.partners_user_id_seq', 7, true);
SELECT pg_catalog.setval('public.partners_user_user_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.usersessions_usersession_id_seq', 1, false);
ALTER TABLE ONLY public.account_emailaddress
ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_emailaddress
ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);
ALTER TABLE ONLY public.account_emailconfirmation
ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);
ALTER TABLE ONLY public.account_emailconfirmation
ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_alert
ADD CONSTRAINT buyback_alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_buyback_id_key UNIQUE (buyback_id);
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_item_once UNIQUE (bulk_id, item_id);
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_bulksale
ADD CONSTRAINT buyback_bulksale_once UNIQUE (environment_id, token);
ALTER TABLE ONLY public.buyback_bulksale
ADD CONSTRAINT buyback_bulksale_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_bulksale
ADD CONSTRAINT buyback_bulksale_tenant UNIQUE (environment_id, id);
ALTER TABLE ONLY public.buyback_buyback
ADD CONSTRAINT buyback_buyback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_buyback
ADD CONSTRAINT buyback_buyback_tenant_amount UNIQUE (environment_id, id, amount);
ALTER TABLE ONLY public.buyback_exposure
ADD CONSTRAINT buyback_exposure_once UNIQUE NULLS NOT DISTINCT (pack_id, partner_id, closes);
ALTER TABLE ONLY public.buyback_exposure
ADD CONSTRAINT buyback_exposure_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_move
ADD CONSTRAINT buyback_move_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_paidhour
ADD CONSTRAINT buyback_paidhour_once UNIQUE (partner_id, starts_at);
ALTER TABLE ONLY public.buyback_paidhour
ADD CONSTRAINT buyback_paidhour_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_payout
ADD CONSTRAINT buyback_payout_buyback_id_key UNIQUE (buyback_id);
ALTER TABLE ONLY public.buyback_payout
ADD CONSTRAINT buyback_payout_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_proposal
ADD CONSTRAINT buyback_proposal_buyback_id_key UNIQUE (buyback_id);
ALTER TABLE ONLY public.buyback_proposal
ADD CONSTRAINT buyback_proposal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_buyback_id_key UNIQUE (buyback_id);
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_spend
ADD CONSTRAINT buyback_spend_once_per_span UNIQUE (scope, starts_at);
ALTER TABLE ONLY public.buyback_spend
ADD CONSTRAINT buyback_spend_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_statement
ADD CONSTRAINT buyback_statement_once_a_day UNIQUE (environment_id, day);
ALTER TABLE ONLY public.buyback_statement
ADD CONSTRAINT buyback_statement_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_transfer
ADD CONSTRAINT buyback_transfer_once UNIQUE (buyback_id, debit, credit);
ALTER TABLE ONLY public.buyback_transfer
ADD CONSTRAINT buyback_transfer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.buyback_treasurycontrol
ADD CONSTRAINT buyback_treasurycontrol_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cache
ADD CONSTRAINT cache_pkey PRIMARY KEY (cache_key);
ALTER TABLE ONLY public.django_admin_log
ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.inventory_card
ADD CONSTRAINT inventory_card_listing_once UNIQUE (listing_id);
ALTER TABLE ONLY public.inventory_card
ADD CONSTRAINT inventory_card_mint_once UNIQUE (mint_address);
ALTER TABLE ONLY public.inventory_card
ADD CONSTRAINT inventory_card_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_card
ADD CONSTRAINT inventory_card_public_id_once UNIQUE (public_id);
ALTER TABLE ONLY public.inventory_cardfile
ADD CONSTRAINT inventory_cardfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_collector
ADD CONSTRAINT inventory_collector_once UNIQUE (environment_id, user_id);
ALTER TABLE ONLY public.inventory_collector
ADD CONSTRAINT inventory_collector_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_collector
ADD CONSTRAINT inventory_collector_tenant UNIQUE (environment_id, id);
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_tenant UNIQUE (environment_id, id);
ALTER TABLE ONLY public.inventory_pack
ADD CONSTRAINT inventory_pack_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_pack
ADD CONSTRAINT inventory_pack_public_id_key UNIQUE (public_id);
ALTER TABLE ONLY public.inventory_pack
ADD CONSTRAINT inventory_pack_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.inventory_packactivity
ADD CONSTRAINT inventory_packactivity_once_per_pool UNIQUE NULLS NOT DISTINCT (pack_id, environment_id);
ALTER TABLE ONLY public.inventory_packactivity
ADD CONSTRAINT inventory_packactivity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_pricechange
ADD CONSTRAINT inventory_pricechange_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_public_id_once UNIQUE (environment_id, public_id);
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_tenant UNIQUE (environment_id, id);
ALTER TABLE ONLY public.inventory_shippeditem
ADD CONSTRAINT inventory_shippeditem_once_per_order UNIQUE (order_id, item_id);
ALTER TABLE ONLY public.inventory_shippeditem
ADD CONSTRAINT inventory_shippeditem_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_shippingorder
ADD CONSTRAINT inventory_shippingorder_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_shippingorder
ADD CONSTRAINT inventory_shippingorder_public_id_once UNIQUE (environment_id, public_id);
ALTER TABLE ONLY public.inventory_shippingorder
ADD CONSTRAINT inventory_shippingorder_tenant UNIQUE (environment_id, id);
ALTER TABLE ONLY public.inventory_shippingquote
ADD CONSTRAINT inventory_shippingquote_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_tally
ADD CONSTRAINT inventory_tally_once UNIQUE (environment_id, pack_id);
ALTER TABLE ONLY public.inventory_tally
ADD CONSTRAINT inventory_tally_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_tier
ADD CONSTRAINT inventory_tier_no_overlap EXCLUDE USING gist (int8range(pack_id, pack_id, '[]'::text) WITH &&, numrange(lower, upper) WITH &&);
ALTER TABLE ONLY public.inventory_tier
ADD CONSTRAINT inventory_tier_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_tier
ADD CONSTRAINT inventory_tier_position_once UNIQUE (pack_id, "position");
ALTER TABLE ONLY public.inventory_usertally
ADD CONSTRAINT inventory_usertally_once UNIQUE (collector_id);
ALTER TABLE ONLY public.inventory_usertally
ADD CONSTRAINT inventory_usertally_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mfa_authenticator
ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_apicall
ADD CONSTRAINT partners_apicall_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_apikey
ADD CONSTRAINT partners_apikey_key_id_key UNIQUE (key_id);
ALTER TABLE ONLY public.partners_apikey
ADD CONSTRAINT partners_apikey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_apikey
ADD CONSTRAINT partners_apikey_replaced_by_id_key UNIQUE (replaced_by_id);
ALTER TABLE ONLY public.partners_auditentry
ADD CONSTRAINT partners_auditentry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_environment
ADD CONSTRAINT partners_environment_id_mode UNIQUE (id, mode);
ALTER TABLE ONLY public.partners_environment
ADD CONSTRAINT partners_environment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_event
ADD CONSTRAINT partners_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_idempotencykey
ADD CONSTRAINT partners_idempotencykey_once UNIQUE (environment_id, key);
ALTER TABLE ONLY public.partners_idempotencykey
ADD CONSTRAINT partners_idempotencykey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_invitation
ADD CONSTRAINT partners_invitation_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.partners_invitation
ADD CONSTRAINT partners_invitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_lostcalls
ADD CONSTRAINT partners_lostcalls_once_a_day UNIQUE (environment_id, day);
ALTER TABLE ONLY public.partners_lostcalls
ADD CONSTRAINT partners_lostcalls_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_membership
ADD CONSTRAINT partners_membership_once_per_partner UNIQUE (user_id, partner_id);
ALTER TABLE ONLY public.partners_membership
ADD CONSTRAINT partners_membership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_partner
ADD CONSTRAINT partners_partner_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_partner
ADD CONSTRAINT partners_partner_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.partners_savedview
ADD CONSTRAINT partners_savedview_once UNIQUE (user_id, environment_id, page, name);
ALTER TABLE ONLY public.partners_savedview
ADD CONSTRAINT partners_savedview_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_user
ADD CONSTRAINT partners_user_email_key UNIQUE (email);
ALTER TABLE ONLY public.partners_user_groups
ADD CONSTRAINT partners_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_user_groups
ADD CONSTRAINT partners_user_groups_user_id_group_id_35869bd7_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.partners_user
ADD CONSTRAINT partners_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_user_user_permissions
ADD CONSTRAINT partners_user_user_permi_user_id_permission_id_a97e89e2_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.partners_user_user_permissions
ADD CONSTRAINT partners_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.usersessions_usersession
ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.usersessions_usersession
ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);
CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);
CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);
CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);
CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);
CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX buyback_alert_by_subject ON public.buyback_alert USING btree (subject);
CREATE INDEX buyback_alert_newest ON public.buyback_alert USING btree (created_at DESC, id DESC);
CREATE UNIQUE INDEX buyback_alert_once_until_seen ON public.buyback_alert USING btree (kind, subject) WHERE (seen_at IS NULL);
CREATE INDEX buyback_bulkline_open ON public.buyback_bulkline USING btree (bulk_id) WHERE ((state)::text = ANY ((ARRAY['pending'::character varying, 'selling'::character varying, 'unknown'::character varying])::text[]));
CREATE INDEX buyback_bulkline_progress ON public.buyback_bulkline USING btree (bulk_id, state, id);
CREATE INDEX buyback_bulksale_newest ON public.buyback_bulksale USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX buyback_buyback_by_item ON public.buyback_buyback USING btree (item_id, created_at DESC);
CREATE INDEX buyback_buyback_by_member ON public.buyback_buyback USING btree (environment_id, requested_by, created_at DESC, id DESC) WHERE ((requested_by)::text ~~ 'user:%'::text);
CREATE INDEX buyback_buyback_by_state ON public.buyback_buyback USING btree (environment_id, state, created_at DESC, id DESC) WHERE (NOT ((state)::text = 'settled'::text));
CREATE INDEX buyback_buyback_failed ON public.buyback_buyback USING btree (environment_id, completed_at) WHERE ((state)::text = 'failed'::text);
CREATE INDEX buyback_buyback_newest ON public.buyback_buyback USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX buyback_buyback_not_settled ON public.buyback_buyback USING btree (state, id DESC) WHERE ((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'unknown'::character varying, 'review'::character varying, 'failed'::character varying])::text[]));
CREATE UNIQUE INDEX buyback_buyback_one_open_per_item ON public.buyback_buyback USING btree (item_id) WHERE ((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]));
CREATE UNIQUE INDEX buyback_buyback_one_settled_per_item ON public.buyback_buyback USING btree (item_id) WHERE ((state)::text = 'settled'::text);
CREATE UNIQUE INDEX buyback_buyback_reference_once ON public.buyback_buyback USING btree (reference) WHERE (NOT ((reference)::text = ''::text));
CREATE INDEX buyback_buyback_unresolved ON public.buyback_buyback USING btree (lease_until) WHERE ((state)::text = ANY ((ARRAY['claimed'::character varying, 'submitted'::character varying, 'unknown'::character varying, 'review'::character varying])::text[]));
CREATE INDEX buyback_move_of_a_sale ON public.buyback_move USING btree (buyback_id, id);
CREATE INDEX buyback_payout_by_state ON public.buyback_payout USING btree (environment_id, state, created_at DESC, id DESC) WHERE (NOT ((state)::text = 'paid'::text));
CREATE INDEX buyback_payout_by_user ON public.buyback_payout USING btree (collector_id, created_at DESC, id DESC);
CREATE INDEX buyback_payout_newest ON public.buyback_payout USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX buyback_spend_by_start ON public.buyback_spend USING btree (starts_at);
CREATE INDEX buyback_transfer_newest ON public.buyback_transfer USING btree (environment_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX buyback_transfer_paid_out_once ON public.buyback_transfer USING btree (buyback_id) WHERE ((credit)::text = 'paid_out'::text);
CREATE INDEX cache_expires ON public.cache USING btree (expires);
CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);
CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX inventory_card_name_begins ON public.inventory_card USING btree (upper((name)::text) text_pattern_ops);
CREATE INDEX inventory_card_pack_fmv ON public.inventory_card USING btree (pack_id, fmv);
CREATE INDEX inventory_item_by_card ON public.inventory_item USING btree (card_id);
CREATE INDEX inventory_item_by_env ON public.inventory_item USING btree (environment_id, purchased_at DESC, id DESC);
CREATE INDEX inventory_item_by_mode ON public.inventory_item USING btree (mode, purchased_at DESC, id DESC);
CREATE INDEX inventory_item_by_pack ON public.inventory_item USING btree (pack_id, mode, purchased_at DESC, id DESC);
CREATE INDEX inventory_item_by_purchase ON public.inventory_item USING btree (purchase_id);
CREATE INDEX inventory_item_by_user ON public.inventory_item USING btree (collector_id, purchased_at DESC, id DESC);
CREATE UNIQUE INDEX inventory_item_card_once_per_env ON public.inventory_item USING btree (environment_id, card_id) WHERE (NOT ((state)::text = 'sold'::text));
CREATE UNIQUE INDEX inventory_item_live_card_once ON public.inventory_item USING btree (card_id) WHERE (((mode)::text = 'live'::text) AND (NOT ((state)::text = 'sold'::text)));
CREATE UNIQUE INDEX inventory_item_open_public_id ON public.inventory_item USING btree (environment_id, public_id) WHERE (NOT ((state)::text = 'sold'::text));
CREATE INDEX inventory_item_under_way ON public.inventory_item USING btree (state, id DESC) WHERE ((state)::text = ANY ((ARRAY['selling'::character varying, 'shipping'::character varying, 'shipped'::character varying])::text[]));
CREATE INDEX inventory_item_window_open ON public.inventory_item USING btree (environment_id, expires_at, id) WHERE ((expired_at IS NULL) AND ((state)::text = 'held'::text));
CREATE INDEX inventory_pack_public_id_f4ff4d5b_like ON public.inventory_pack USING btree (public_id varchar_pattern_ops);
CREATE INDEX inventory_pack_slug_4867d0f3_like ON public.inventory_pack USING btree (slug varchar_pattern_ops);
CREATE INDEX inventory_pricechange_newest ON public.inventory_pricechange USING btree (card_id, id DESC);
CREATE INDEX inventory_purchase_by_user ON public.inventory_purchase USING btree (collector_id, created_at DESC);
CREATE INDEX inventory_quote_age ON public.inventory_shippingquote USING btree (expires_at);
CREATE UNIQUE INDEX inventory_shippeditem_one_order_at_a_time ON public.inventory_shippeditem USING btree (item_id) WHERE (NOT released);
CREATE INDEX inventory_shippingorder_id ON public.inventory_shippingorder USING btree (public_id);
CREATE INDEX inventory_shippingorder_newest ON public.inventory_shippingorder USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX inventory_shippingorder_state ON public.inventory_shippingorder USING btree (environment_id, state, created_at DESC, id DESC);
CREATE INDEX inventory_shippingquote_id_c416ebcb_like ON public.inventory_shippingquote USING btree (id varchar_pattern_ops);
CREATE INDEX inventory_usertally_size ON public.inventory_usertally USING btree (environment_id, size DESC, collector_id DESC);
CREATE INDEX inventory_usertally_value ON public.inventory_usertally USING btree (environment_id, value DESC, collector_id DESC);
CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);
CREATE INDEX partners_apicall_newest ON public.partners_apicall USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX partners_apicall_request ON public.partners_apicall USING btree (environment_id, request_id);
CREATE INDEX partners_apicall_unsuccessful ON public.partners_apicall USING btree (environment_id, created_at DESC, id DESC) WHERE (status >= 400);
CREATE INDEX partners_apikey_environment_id_5a40b706 ON public.partners_apikey USING btree (environment_id);
CREATE INDEX partners_apikey_key_id_41866b4f_like ON public.partners_apikey USING btree (key_id varchar_pattern_ops);
CREATE INDEX partners_audit_by_action ON public.partners_auditentry USING btree (action, created_at DESC);
CREATE INDEX partners_audit_by_actor ON public.partners_auditentry USING btree (actor, created_at DESC);
CREATE INDEX partners_audit_by_request ON public.partners_auditentry USING btree (request_id);
CREATE INDEX partners_audit_newest ON public.partners_auditentry USING btree (created_at DESC, id DESC);
CREATE INDEX partners_audit_of_a_row ON public.partners_auditentry USING btree (target, created_at DESC);
CREATE INDEX partners_audit_of_partner ON public.partners_auditentry USING btree (partner_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX partners_environment_one_per_mode ON public.partners_environment USING btree (partner_id, mode) WHERE (retired_at IS NULL);
CREATE INDEX partners_environment_partner_id_de746878 ON public.partners_environment USING btree (partner_id);
CREATE INDEX partners_event_by_type ON public.partners_event USING btree (environment_id, type, created_at DESC, id DESC) WHERE (NOT ((type)::text = ANY ((ARRAY['item.pulled'::character varying, 'buyback.completed'::character varying])::text[])));
CREATE INDEX partners_event_newest ON public.partners_event USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX partners_idempotencykey_age ON public.partners_idempotencykey USING btree (created_at);
CREATE INDEX partners_idempotencykey_made ON public.partners_idempotencykey USING btree (subject) WHERE (subject IS NOT NULL);
CREATE UNIQUE INDEX partners_invitation_one_open ON public.partners_invitation USING btree (partner_id, email) WHERE ((accepted_at IS NULL) AND (withdrawn_at IS NULL));
CREATE INDEX partners_invitation_partner_id_95486518 ON public.partners_invitation USING btree (partner_id);
CREATE INDEX partners_membership_partner_id_47b47bdb ON public.partners_membership USING btree (partner_id);
CREATE INDEX partners_partner_slug_5003fad7_like ON public.partners_partner USING btree (slug varchar_pattern_ops);
CREATE INDEX partners_user_email_6756682e_like ON public.partners_user USING btree (email varchar_pattern_ops);
CREATE UNIQUE INDEX partners_user_email_any_case ON public.partners_user USING btree (lower((email)::text));
CREATE INDEX partners_user_groups_group_id_1ce8fbf5 ON public.partners_user_groups USING btree (group_id);
CREATE INDEX partners_user_groups_user_id_25224197 ON public.partners_user_groups USING btree (user_id);
CREATE INDEX partners_user_user_permissions_permission_id_884f31dd ON public.partners_user_user_permissions USING btree (permission_id);
CREATE INDEX partners_user_user_permissions_user_id_15a99518 ON public.partners_user_user_permissions USING btree (user_id);
CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY ((ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]));
CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";
CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;
CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);
CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);
CREATE TRIGGER pgtrigger_allowed_moves_3c9ef BEFORE UPDATE ON public.buyback_buyback FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_allowed_moves_3c9ef();
CREATE TRIGGER pgtrigger_allowed_moves_6937f BEFORE UPDATE ON public.buyback_payout FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_allowed_moves_6937f();
CREATE TRIGGER pgtrigger_allowed_moves_83370 BEFORE UPDATE ON public.buyback_bulkline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_allowed_moves_83370();
CREATE TRIGGER pgtrigger_allowed_moves_8a482 BEFORE UPDATE ON public.inventory_item FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_allowed_moves_8a482();
CREATE TRIGGER pgtrigger_allowed_moves_de34b BEFORE UPDATE ON public.inventory_shippingorder FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_allowed_moves_de34b();
CREATE TRIGGER pgtrigger_append_only_1cd98 BEFORE DELETE OR UPDATE ON public.partners_auditentry FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_1cd98();
CREATE TRIGGER pgtrigger_append_only_2754b BEFORE DELETE OR UPDATE ON public.buyback_transfer FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_2754b();
CREATE TRIGGER pgtrigger_append_only_4e403 BEFORE DELETE OR UPDATE ON public.inventory_pricechange FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_4e403();
CREATE TRIGGER pgtrigger_append_only_52045 BEFORE DELETE OR UPDATE ON public.partners_event FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_52045();
CREATE TRIGGER pgtrigger_append_only_c2391 BEFORE DELETE OR UPDATE ON public.buyback_statement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_c2391();
CREATE TRIGGER pgtrigger_append_only_cd016 BEFORE DELETE OR UPDATE ON public.buyback_move FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_cd016();
CREATE TRIGGER pgtrigger_clock_only_forward_5c2b4 BEFORE UPDATE ON public.partners_environment FOR EACH ROW WHEN ((old.clock_offset IS DISTINCT FROM new.clock_offset)) EXECUTE FUNCTION public.pgtrigger_clock_only_forward_5c2b4();
CREATE TRIGGER pgtrigger_confirmed_is_final_3d250 BEFORE DELETE OR UPDATE ON public.buyback_reversal FOR EACH ROW WHEN ((old.confirmed_at IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_confirmed_is_final_3d250();
CREATE TRIGGER pgtrigger_confirmed_is_final_b4e44 BEFORE DELETE OR UPDATE ON public.buyback_proposal FOR EACH ROW WHEN ((old.confirmed_at IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_confirmed_is_final_b4e44();
CREATE TRIGGER pgtrigger_keeps_prices_41415 AFTER UPDATE ON public.inventory_card FOR EACH ROW WHEN ((old.fmv IS DISTINCT FROM new.fmv)) EXECUTE FUNCTION public.pgtrigger_keeps_prices_41415();
CREATE TRIGGER pgtrigger_no_truncate_064f0 BEFORE TRUNCATE ON public.partners_event FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_064f0();
CREATE TRIGGER pgtrigger_no_truncate_20cca BEFORE TRUNCATE ON public.buyback_move FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_20cca();
CREATE TRIGGER pgtrigger_no_truncate_4b3d1 BEFORE TRUNCATE ON public.inventory_pricechange FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_4b3d1();
CREATE TRIGGER pgtrigger_no_truncate_751d8 BEFORE TRUNCATE ON public.buyback_transfer FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_751d8();
CREATE TRIGGER pgtrigger_no_truncate_e7949 BEFORE TRUNCATE ON public.partners_auditentry FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_e7949();
CREATE TRIGGER pgtrigger_no_truncate_fb1dc BEFORE TRUNCATE ON public.buyback_statement FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_no_truncate_fb1dc();
CREATE TRIGGER pgtrigger_retired_for_good_11b70 BEFORE UPDATE ON public.partners_environment FOR EACH ROW WHEN ((old.retired_at IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_retired_for_good_11b70();
CREATE TRIGGER pgtrigger_trail_of_moves_82cc1 AFTER UPDATE ON public.buyback_buyback FOR EACH ROW WHEN ((((old.state)::text IS DISTINCT FROM (new.state)::text) OR ((old.failure_reason)::text IS DISTINCT FROM (new.failure_reason)::text))) EXECUTE FUNCTION public.pgtrigger_trail_of_moves_82cc1();
ALTER TABLE ONLY public.account_emailaddress
ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.account_emailconfirmation
ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_alert
ADD CONSTRAINT buyback_alert_environment_id_01ec28cc_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_bulk_same_env FOREIGN KEY (environment_id, bulk_id) REFERENCES public.buyback_bulksale(environment_id, id);
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_environment_id_1363c632_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_item_same_env FOREIGN KEY (environment_id, item_id) REFERENCES public.inventory_item(environment_id, id);
ALTER TABLE ONLY public.buyback_bulkline
ADD CONSTRAINT buyback_bulkline_sold_as_shown FOREIGN KEY (environment_id, buyback_id, amount) REFERENCES public.buyback_buyback(environment_id, id, amount);
ALTER TABLE ONLY public.buyback_bulksale
ADD CONSTRAINT buyback_bulksale_environment_id_358d6b01_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_buyback
ADD CONSTRAINT buyback_buyback_environment_id_a6302780_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_buyback
ADD CONSTRAINT buyback_buyback_item_same_env FOREIGN KEY (environment_id, item_id) REFERENCES public.inventory_item(environment_id, id);
ALTER TABLE ONLY public.buyback_exposure
ADD CONSTRAINT buyback_exposure_pack_id_0c73c12a_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_exposure
ADD CONSTRAINT buyback_exposure_partner_id_d251954b_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_move
ADD CONSTRAINT buyback_move_buyback_id_10c673c0_fk_buyback_buyback_id FOREIGN KEY (buyback_id) REFERENCES public.buyback_buyback(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_paidhour
ADD CONSTRAINT buyback_paidhour_partner_id_9921a04f_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_payout
ADD CONSTRAINT buyback_payout_amount_is_the_sales FOREIGN KEY (environment_id, buyback_id, amount) REFERENCES public.buyback_buyback(environment_id, id, amount);
ALTER TABLE ONLY public.buyback_payout
ADD CONSTRAINT buyback_payout_collector_same_env FOREIGN KEY (environment_id, collector_id) REFERENCES public.inventory_collector(environment_id, id);
ALTER TABLE ONLY public.buyback_payout
ADD CONSTRAINT buyback_payout_environment_id_01a60100_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_proposal
ADD CONSTRAINT buyback_proposal_buyback_id_b1c40d91_fk_buyback_buyback_id FOREIGN KEY (buyback_id) REFERENCES public.buyback_buyback(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_proposal
ADD CONSTRAINT buyback_proposal_confirmer_id_c5f93dd9_fk_partners_user_id FOREIGN KEY (confirmer_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_proposal
ADD CONSTRAINT buyback_proposal_proposer_id_8b0750e8_fk_partners_user_id FOREIGN KEY (proposer_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_amount_is_the_sales FOREIGN KEY (environment_id, buyback_id, amount) REFERENCES public.buyback_buyback(environment_id, id, amount);
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_buyback_id_05b4ed93_fk_buyback_buyback_id FOREIGN KEY (buyback_id) REFERENCES public.buyback_buyback(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_confirmer_id_9b2a5f51_fk_partners_user_id FOREIGN KEY (confirmer_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_environment_id_8174b8fd_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_proposer_id_19ff8d22_fk_partners_user_id FOREIGN KEY (proposer_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_reversal
ADD CONSTRAINT buyback_reversal_was_paid_out FOREIGN KEY (buyback_id) REFERENCES public.buyback_payout(buyback_id);
ALTER TABLE ONLY public.buyback_statement
ADD CONSTRAINT buyback_statement_environment_id_c38e3300_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.buyback_transfer
ADD CONSTRAINT buyback_transfer_amount_is_the_sales FOREIGN KEY (environment_id, buyback_id, amount) REFERENCES public.buyback_buyback(environment_id, id, amount);
ALTER TABLE ONLY public.buyback_transfer
ADD CONSTRAINT buyback_transfer_environment_id_6fe6a014_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_card
ADD CONSTRAINT inventory_card_pack_id_23a5f62c_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_collector
ADD CONSTRAINT inventory_collector_environment_id_a5a87396_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_card_id_64cec8e7_fk_inventory_card_id FOREIGN KEY (card_id) REFERENCES public.inventory_card(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_collector_same_env FOREIGN KEY (environment_id, collector_id) REFERENCES public.inventory_collector(environment_id, id);
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_environment_id_c9453439_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_mode_is_its_environments FOREIGN KEY (environment_id, mode) REFERENCES public.partners_environment(id, mode);
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_pack_id_cbd1b9cc_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_item
ADD CONSTRAINT inventory_item_purchase_same_env FOREIGN KEY (environment_id, purchase_id) REFERENCES public.inventory_purchase(environment_id, id);
ALTER TABLE ONLY public.inventory_packactivity
ADD CONSTRAINT inventory_packactivi_environment_id_4eac8ef7_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_packactivity
ADD CONSTRAINT inventory_packactivity_pack_id_46d5528e_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_pricechange
ADD CONSTRAINT inventory_pricechange_card_id_7de5af98_fk_inventory_card_id FOREIGN KEY (card_id) REFERENCES public.inventory_card(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_collector_same_env FOREIGN KEY (environment_id, collector_id) REFERENCES public.inventory_collector(environment_id, id);
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_environment_id_29fb047c_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_purchase
ADD CONSTRAINT inventory_purchase_pack_id_60ccec72_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_shippeditem
ADD CONSTRAINT inventory_shippedite_environment_id_30ceac27_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_shippeditem
ADD CONSTRAINT inventory_shippeditem_item_same_env FOREIGN KEY (environment_id, item_id) REFERENCES public.inventory_item(environment_id, id);
ALTER TABLE ONLY public.inventory_shippeditem
ADD CONSTRAINT inventory_shippeditem_order_same_env FOREIGN KEY (environment_id, order_id) REFERENCES public.inventory_shippingorder(environment_id, id);
ALTER TABLE ONLY public.inventory_shippingorder
ADD CONSTRAINT inventory_shippingor_environment_id_9901b66b_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_shippingquote
ADD CONSTRAINT inventory_shippingqu_environment_id_a6ba5e76_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_tally
ADD CONSTRAINT inventory_tally_environment_id_3c0e155e_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_tally
ADD CONSTRAINT inventory_tally_pack_id_bf9ff73f_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_tier
ADD CONSTRAINT inventory_tier_pack_id_f341be9d_fk_inventory_pack_id FOREIGN KEY (pack_id) REFERENCES public.inventory_pack(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.inventory_usertally
ADD CONSTRAINT inventory_usertally_collector_same_env FOREIGN KEY (environment_id, collector_id) REFERENCES public.inventory_collector(environment_id, id);
ALTER TABLE ONLY public.inventory_usertally
ADD CONSTRAINT inventory_usertally_environment_id_3304821f_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.mfa_authenticator
ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_apicall
ADD CONSTRAINT partners_apicall_environment_id_fd1bf475_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_apicall
ADD CONSTRAINT partners_apicall_key_id_c501c710_fk_partners_apikey_id FOREIGN KEY (key_id) REFERENCES public.partners_apikey(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_apikey
ADD CONSTRAINT partners_apikey_environment_id_5a40b706_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_apikey
ADD CONSTRAINT partners_apikey_replaced_by_id_cce0769e_fk_partners_apikey_id FOREIGN KEY (replaced_by_id) REFERENCES public.partners_apikey(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_auditentry
ADD CONSTRAINT partners_auditentry_partner_id_963bd8b4_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_environment
ADD CONSTRAINT partners_environment_partner_id_de746878_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_event
ADD CONSTRAINT partners_event_environment_id_2a67cb4f_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_idempotencykey
ADD CONSTRAINT partners_idempotency_environment_id_50a3923f_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_invitation
ADD CONSTRAINT partners_invitation_partner_id_95486518_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_lostcalls
ADD CONSTRAINT partners_lostcalls_environment_id_8793fd14_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_membership
ADD CONSTRAINT partners_membership_partner_id_47b47bdb_fk_partners_partner_id FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_membership
ADD CONSTRAINT partners_membership_user_id_4e1fffe4_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_savedview
ADD CONSTRAINT partners_savedview_environment_id_b957426b_fk_partners_ FOREIGN KEY (environment_id) REFERENCES public.partners_environment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_savedview
ADD CONSTRAINT partners_savedview_user_id_5442f955_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_user_groups
ADD CONSTRAINT partners_user_groups_group_id_1ce8fbf5_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_user_groups
ADD CONSTRAINT partners_user_groups_user_id_25224197_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_user_user_permissions
ADD CONSTRAINT partners_user_user_p_permission_id_884f31dd_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_user_user_permissions
ADD CONSTRAINT partners_user_user_p_user_id_15a99518_fk_partners_ FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.usersessions_usersession
ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_partners_user_id FOREIGN KEY (user_id) REFERENCES public.partners_user(id) DEFERRABLE INITIALLY DEFERRED;
