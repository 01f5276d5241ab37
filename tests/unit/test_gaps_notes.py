"""Every gap on whole notes: at least three where it must be asked and three look-alikes where it must not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from oncospan.engine import Settings, analyser_of
from oncospan.gaps import RULES, lint
from oncospan.gaps.lint import TAIL
from oncospan.types import Analysis, AuthorRole, Note, Setting

DAY = dt.date(2026, 11, 10)


@dataclass(frozen=True)
class Case:
    """A note with where and by whom it was written."""

    text: str
    setting: Setting = Setting.OUTPATIENT
    role: AuthorRole = AuthorRole.PROVIDER
    note_type: str = "oncology clinic note"


def stay(text: str) -> Case:
    return Case(text, Setting.INPATIENT, note_type="discharge summary")


def imaging(text: str, setting: Setting = Setting.INPATIENT) -> Case:
    return Case(text, setting, AuthorRole.RADIOLOGIST, "radiology report")


def pathology(text: str, setting: Setting = Setting.OUTPATIENT) -> Case:
    return Case(text, setting, AuthorRole.PATHOLOGIST, "pathology report")


def operation(text: str) -> Case:
    return Case(text, note_type="operative note")


LONG = "He lives with his sister, walks a mile a day and sleeps well. " * 10
"""What makes a note more than a brief entry."""


def told(text: str) -> Case:
    return Case(text, note_type="case narrative")


ASK: dict[str, tuple[str | Case, ...]] = {
    "G01": (
        "Liver metastases on CT, biopsy shows adenocarcinoma.",
        "Metastatic adenocarcinoma to the brain, seen on MRI. Father had lung cancer.",
        "Bone metastases on bone scan; possible prostate primary.",
        pathology(
            "FINAL DIAGNOSIS: Liver, biopsy: metastatic neuroendocrine tumor. Primary site cannot be determined from morphology."
        ),
        pathology(
            "CLINICAL HISTORY: Breast ca 2004 lumpectomy + XRT.\n\nFINAL DIAGNOSIS: Liver, biopsy: metastatic neuroendocrine tumor, G2."
        ),
        pathology(
            "DIAGNOSIS: Liver, biopsy: metastatic small cell carcinoma.\nCOMMENT: If a lung mass were found the case would be classed as small cell lung carcinoma."
        ),
        pathology(
            "CONCLUSION: Liver, biopsy: metastatic neuroendocrine tumor, G1. The profile is in keeping with, though is not diagnostic of, an ileal origin."
        ),
    ),
    "G02": (
        "Adenocarcinoma of the stomach on FLOT.",
        "Malignant carcinoid of the small bowel, nonfunctional, resection planned.",
        "Adenocarcinoma of the pancreas on gemcitabine.",
        "Adenocarcinoma of the stomach, proximal and distal margins negative, on FLOT.",
    ),
    "G03": (
        "Metastatic prostate cancer on leuprolide.",
        "Stage IV colon cancer on FOLFOX.",
        "Sigmoid colon cancer with distant metastases, on FOLFIRI.",
    ),
    "G04": (
        "Breast cancer on letrozole.",
        "Clear cell carcinoma of the kidney on nivolumab.",
        "Colon cancer of the cecum with lung metastases on CT.",
        "Lung cancer on osimertinib. Pneumonia of the left lower lobe in March, cleared.",
        "Ovarian cancer on carboplatin. CT: right adrenal normal.",
    ),
    "G05": (
        "Pancreatic neuroendocrine tumor with liver metastases on CT, nonfunctional.",
        "Neuroendocrine tumor of the ileum with liver metastases on MRI, Ki-67 4%, nonfunctional.",
        "Pancreatic neuroendocrine tumor, liver metastases biopsied, nonfunctional, Ki-67 3%.",
        "Well-differentiated neuroendocrine tumor of the rectum, G1, for endoscopic resection next week.",
        "Malignant insulinoma of the pancreatic tail with biopsy-proven liver metastases. Hyperinsulinemic hypoglycemia.",
    ),
    "G06": (
        "Insulinoma of the pancreas enucleated in 2015, no recurrence since, no treatment.",
        "Carcinoid tumor of the appendix, appendectomy planned.",
        "Right adrenal pheochromocytoma, on phenoxybenzamine, adrenalectomy planned.",
        "Insulinoma of the pancreatic tail. No metastases on CT.",
        pathology("PANCREAS, RESECTION: Neuroendocrine tumor, G2. Trypsin negative, arguing against acinar cell carcinoma."),
    ),
    "G07": (
        "Large cell neuroendocrine carcinoma of the right upper lobe on biopsy.",
        "Neuroendocrine carcinoma of the bladder, cystectomy planned.",
        "Neuroendocrine tumor of the thymus, malignant, nonfunctional.",
        pathology("LIVER, CORE BIOPSY: Metastatic neuroendocrine tumor. Ki-67 to follow."),
    ),
    "G08": (
        "Ileal carcinoid with liver metastases, carcinoid syndrome. Plan: return in 4 weeks with scans.",
        "Prostate cancer with bone metastases, on leuprolide.",
        "Ductal carcinoma of the left breast with liver metastases, on capecitabine.",
        "Adenocarcinoma of the ascending colon and peritoneal carcinomatosis, on FOLFOX.",
        "Malignant carcinoid of the ileum with liver metastases, nonfunctional (CT planned in June).",
    ),
    "G09": (
        "Adenocarcinoma of the cecum on FOLFOX. CT: liver lesion suspicious for metastasis.",
        "Possible bone metastasis at T11. Prostate cancer on leuprolide.",
        "Left breast cancer on letrozole. Lung nodules concerning for pulmonary metastases on CT.",
        "Adenocarcinoma of the cecum on FOLFOX. CT 11/2026: nodule, cannot exclude lung metastasis. Not biopsied.",
        "Problem list: hypertension.\nMelanoma of the left arm. MRI: liver lesion, possible metastasis, not yet excluded.",
        "REASON FOR VISIT: follow-up.\nProstate cancer on leuprolide.\nASSESSMENT: possible bone metastasis at L2.",
        "Left breast cancer on letrozole. CT: hematoma; it was not possible to say if a brain metastasis existed.",
        "Left breast cancer on letrozole. RLL nodule: metastasis? granuloma?",
        "Prostate cancer on leuprolide. The rib lesion was thought to be a metastasis but the biopsy was non-diagnostic.",
        "Right lung adenocarcinoma with brain metastases on MRI. Left adrenal thickening, adenoma favored, metastasis not excluded.",
        "Pancreatic NET, G2, with liver metastases on MRI, nonfunctional. L2: sclerotic focus, ? treated metastasis vs bone island.",
        "Left breast cancer on letrozole. The radiologist mentioned metastatic disease and, less probably, infection of L2.",
    ),
    "G10": (
        imaging(
            "CT abdomen. IMPRESSION: Multiple liver metastases. Mass of the pancreatic tail, adenocarcinoma on prior biopsy."
        ),
        pathology("FINAL DIAGNOSIS: Liver, core biopsy: metastatic adenocarcinoma.", Setting.INPATIENT),
        imaging("MRI BRAIN. IMPRESSION: Three enhancing lesions suspicious for brain metastases."),
    ),
    "G11": (
        "Malignant carcinoid of the ileum, resection planned.",
        "Malignant carcinoid of the rectum with liver metastases on MRI.",
        "Malignant carcinoid of the stomach awaiting resection.",
    ),
    "G12": (
        "Malignant carcinoid of the ileum. Flushing and diarrhea every day.",
        "Insulinoma of the pancreatic tail. Fasting hypoglycemia of 38 twice this week.",
        "Malignant carcinoid of the appendix with liver metastases on MRI. Urinary 5-HIAA elevated at 86 mg.",
        "Malignant carcinoid of the ileum. 24 h urine 5-HIAA 38 mg/24 h (ref <8).",
        "Malignant carcinoid of the ileum.\nLABS\n 5-HIAA   06/25: 22   10/26: 31   (2-8)",
        "Malignant carcinoid of the ileum. Labs: 5-HIAA 38 H.",
        "Malignant carcinoid of the ileum. Serotonin three times the upper limit.",
        "Malignant carcinoid of the ileum, on octreotide for diarrhea control.",
        "Malignant carcinoid of the ileum. Urinary 5-HIAA 38 mg/24 h (2-9).",
        "Malignant paraganglioma of the neck. Plasma normetanephrine 8x ULN.",
    ),
    "G13": (
        "Malignant carcinoid of the ileum with liver metastases on MRI. Echo: thickened, retracted tricuspid leaflets.",
        "Malignant carcinoid of the cecum, liver metastases on CT. Severe tricuspid regurgitation on echocardiogram.",
        "Metastatic carcinoid of the jejunum to the liver on CT. Admitted with right heart failure.",
    ),
    "G14": (
        "PMH: breast cancer, lumpectomy and radiation, no recurrence, now on tamoxifen.\nASSESSMENT: History of breast cancer, no evidence of disease.",
        "History of breast cancer, left, on tamoxifen.",
        "Hx right breast ca, lumpectomy 2021. Continues tamoxifen.",
        "History of colon cancer of the cecum.",
        "History of right breast cancer, on letrozole, newly diagnosed diabetes.",
        "Prostate cancer, radical prostatectomy 2019. PSA every six months since.",
    ),
    "G15": (
        "Malignant carcinoid of the ileum, status post ileal resection 2022. Liver metastases on DOTATATE PET/CT, nonfunctional, on lanreotide.",
        "Adenocarcinoma of the cecum, status post right hemicolectomy 2021. Now liver metastases on CT.",
        "Renal cell carcinoma of the left kidney, s/p left nephrectomy 2019. Bone metastases on bone scan.",
    ),
    "G16": (
        "Adenocarcinoma of the right upper lobe, cT2 N1 M0. Chemoradiation planned.",
        "Squamous cell carcinoma of the anus with positive nodes on PET/CT, on chemoradiation.",
        "Adenocarcinoma of the right upper lobe of the lung. CT: lymphadenopathy.",
        "Malignant carcinoid of the ileum with carcinoid in retroperitoneal lymph nodes on biopsy. Nonfunctional.",
    ),
    "G17": (
        "Adenocarcinoma of the pancreatic tail on CT, the tumor invading the spleen.",
        "Adenocarcinoma of the cecum. CT: the mass abuts the bladder.",
        "Gastric adenocarcinoma of the antrum. On CT the tumor is inseparable from the liver.",
    ),
    "G18": (
        "Metastatic lung cancer.",
        "Metastatic liver cancer.",
        "Metastatic lung carcinoma, on carboplatin.",
    ),
    "G19": (
        (
            "HPI (carried forward): bronchial carcinoid, no evidence of metastatic disease. ASSESSMENT: malignant carcinoid of the left "
            "main bronchus with osseous metastases on DOTATATE PET/CT. Nonfunctional."
        ),
        "PROBLEM LIST (imported): Prostate cancer, liver metastases.\n\nASSESSMENT: Prostate cancer. No evidence of metastatic disease.",
        "FINDINGS: Renal cell carcinoma of the left kidney.\n\nIMPRESSION: Renal cell carcinoma of the right kidney.",
        "HPI: Benign carcinoid of the rectum.\n\nASSESSMENT: Malignant carcinoid of the rectum.",
    ),
    "G20": (
        "Left breast cancer on letrozole. Adenocarcinoma of the cecum on FOLFOX. Liver metastases on CT.",
        "Prostate cancer on leuprolide. Right lung adenocarcinoma on osimertinib. New bone metastases on bone scan.",
        "Melanoma of the left arm, on nivolumab. Renal cell carcinoma of the right kidney, on sunitinib. MRI: brain metastases.",
        "Squamous cell carcinoma of the tongue, on cisplatin. Melanoma of the left arm, on nivolumab. Lung metastases on CT.",
        "Rectal cancer on FOLFOX. Prostate cancer on leuprolide. MRI of the spine: bone metastases.",
    ),
    "G21": (
        "Admitted for treatment. Sigmoid colon cancer, primary in place, with liver metastases on CT.",
        "Here for treatment. Renal cell carcinoma of the right kidney, bone metastases on CT.",
        "Presents for radiation therapy. Right lung adenocarcinoma in place. Brain metastases on MRI.",
    ),
    "G22": (
        "Ovarian carcinoma of the right ovary with peritoneal metastases on CT. ASSESSMENT: Ascites, drained twice.",
        "Right lung adenocarcinoma with liver metastases on CT. ASSESSMENT: Pleural effusion, thoracentesis done.",
        "Prostate cancer with bone metastases on bone scan. ASSESSMENT: Anemia, transfused two units.",
        "Renal cell carcinoma of the left kidney. Hypercalcemia, on zoledronate.",
        "Right ovarian carcinoma. ASSESSMENT: Ascites, tapped in September, cytology not sent.",
        "Adenocarcinoma of the cecum with liver metastases on CT. ASSESSMENT: Small bowel obstruction, nasogastric tube.",
        "Prostate cancer with bone metastases on bone scan. ASSESSMENT: Cord compression at T8, on dexamethasone.",
    ),
    "G23": (
        "Adenocarcinoma of the pancreatic tail on gemcitabine. Cachexia.",
        "Adenocarcinoma of the cecum with liver metastases on CT. Malnutrition, dietitian consulted.",
        "Gastric adenocarcinoma of the antrum. ASSESSMENT: Severe weight loss of 18 kg.",
    ),
    "G24": (
        "Malignant gastrinoma of the pancreas. Multiple endocrine neoplasia.",
        "Right adrenal pheochromocytoma in a patient with suspected von Hippel-Lindau disease.",
        "Left adrenal pheochromocytoma. Germline mutation on the panel.",
        "Right adrenal pheochromocytoma. PMH: neurofibromatosis.",
        "Malignant carcinoid of the thymus. MEN1? Gene test declined.",
    ),
    "G25": (
        "HPI: carcinoma of unknown primary. ASSESSMENT: adenocarcinoma of the pancreatic tail with liver metastases, biopsy proven.",
        "Cancer of unknown primary with liver metastases on CT. Adenocarcinoma of the cecum on colonoscopy.",
        "Adenocarcinoma of unknown primary. PLAN: gemcitabine for cholangiocarcinoma of the liver.",
        "Liver metastases of unknown primary. Right lung adenocarcinoma on osimertinib.",
    ),
    "G26": (
        "Disseminated carcinomatosis.",
        "Widely metastatic cancer, origin unknown.",
        "Prostate cancer, widely metastatic, on docetaxel.",
    ),
    "G27": (
        Case("PMH: h/o cancer, treated elsewhere years ago, no records.", note_type="primary care note"),
        Case("History of malignancy, details unknown.", note_type="primary care note"),
        Case("PMH: hypertension, history of cancer.", note_type="primary care note"),
    ),
    "G28": (
        stay(
            "Adenocarcinoma of the gastric cardia with liver metastases on CT. Palliative care team consulted; comfort order set activated."
        ),
        stay("Prostate cancer with bone metastases on bone scan. Hospice evaluation requested."),
        stay("Right lung adenocarcinoma with brain metastases on MRI. DNR-comfort ordered on day 3."),
    ),
    "G29": (
        "Malignant carcinoid of the ileum in place, nonfunctional. Octreotide LAR 30 mg given today.",
        "Right lung adenocarcinoma with liver metastases on CT. Pembrolizumab infused today without reaction.",
        "Malignant carcinoid of the rectum, liver metastases on MRI. Today Lutathera administered.",
    ),
    "G30": (
        Case("PMH: NET. Takes lisinopril.", note_type="primary care note"),
        Case("Dx: MCC.", note_type="primary care note"),
        Case("PNET, to be clarified by pathology.", note_type="primary care note"),
        Case("PMH: h/o CA, treated elsewhere.", note_type="primary care note"),
    ),
}

REFRAIN: dict[str, tuple[str | Case, ...]] = {
    "G01": (
        "Adenocarcinoma of the cecum with liver metastases on CT.",
        "Adenocarcinoma of unknown primary with liver metastases on CT.",
        "No liver metastases on CT.",
        "Mother had liver metastases. Prostate cancer on leuprolide.",
        "Adenocarcinoma of the colon and liver metastases on CT.",
        "Small cell carcinoma of the right lung and brain metastases on MRI.",
    ),
    "G02": (
        told("A 60-year-old man had adenocarcinoma of the stomach and received FLOT."),
        "Adenocarcinoma of the gastric antrum on FLOT.",
        "Malignant carcinoid of the ileum, nonfunctional.",
        "Prostate cancer on leuprolide.",
        "Gastric adenocarcinoma. Distal gastrectomy planned.",
        "Esophageal adenocarcinoma, Siewert I, on FOLFOX.",
        "Malignant carcinoid of the small bowel, exact segment never determined, nonfunctional.",
        "Possible pancreatic cancer; EUS next week.",
    ),
    "G03": (
        "Metastatic prostate cancer with bone metastases on bone scan.",
        "Prostate cancer without metastases.",
        "Disseminated carcinomatosis.",
        'Left breast cancer. Leaflet text: "Metastatic disease means that the tumor has spread from where it began."',
        "Ovarian cancer, left. We discussed that metastatic disease would change the plan. CT clean.",
    ),
    "G04": (
        "Left breast cancer on letrozole.",
        "Prostate cancer with liver metastases on CT.",
        "Clear cell carcinoma of the right kidney on nivolumab.",
        "Invasive ductal carcinoma on letrozole, breast cancer ER positive. Left mastectomy scar clean.",
        "The right eye was taken out in 1998. Uveal melanoma with liver metastases on biopsy.",
        "Basal cell carcinoma, right medial canthus, for excision.",
        Case("ASSESSMENT: Krukenberg tumors of the ovaries, both ovaries enlarged on CT. Gastric adenocarcinoma of the antrum."),
        pathology("A. BREAST, LEFT, MASTECTOMY: scar. B. TUMOR: invasive ductal carcinoma of the breast, 2.1 cm."),
    ),
    "G05": (
        "Neuroendocrine tumor of the ileum, grade 2, with liver metastases on CT, nonfunctional. " + LONG,
        "Well-differentiated NET of the rectum, for endoscopic resection next week. " + LONG,
        "Pancreatic NET, well differentiated, grade 2, with liver metastases on MRI, nonfunctional.",
        "Pancreatic NET with VIPoma syndrome and liver metastases on CT.",
        "Duodenal NET, well differentiated, resected in 2019, no evidence of disease, no treatment since.",
        "Malignant carcinoid of the ileum, nonfunctional.",
        "Poorly differentiated neuroendocrine carcinoma of the rectum.",
        pathology("FINAL DIAGNOSIS: Ileum, resection: well-differentiated neuroendocrine tumor, G1."),
        told("Biopsy confirmed a well differentiated neuroendocrine tumor (grade 1) of the ileum."),
        "Duodenal neuroendocrine tumors (gastrinomas, two, biopsied 2022), Zollinger-Ellison syndrome, on omeprazole.",
    ),
    "G06": (
        "Malignant carcinoid of the ileum, nonfunctional.",
        "Carcinoid of the ileum with liver metastases on CT, nonfunctional.",
        "Benign insulinoma of the pancreatic tail.",
        "Adenocarcinoma of the cecum.",
        "Pheochromocytoma of the right adrenal gland, 4 cm, without data of malignancy.",
        imaging("CLINICAL HISTORY: Typical carcinoid of the left lower lobe, lobectomy 2019.\nFINDINGS: No recurrence."),
    ),
    "G07": (
        "Neuroendocrine tumor of the ileum, grade 1, malignant, nonfunctional.",
        "Poorly differentiated neuroendocrine carcinoma of the colon.",
        "Malignant carcinoid of the ileum, nonfunctional.",
        "Malignant neuroendocrine tumor of the rectum, nonfunctional. Ki-67 index 2%.",
        pathology("LIVER, CORE BIOPSY: Metastatic neuroendocrine tumor, Ki-67 4%."),
        pathology("LIVER, CORE BIOPSY: Metastatic neuroendocrine tumor, grade 2."),
    ),
    "G08": (
        "Leiomyosarcoma of the uterus with lung metastases. CT: two new nodules in the left lung.",
        "Colon cancer with nodal metastases, 3/17 nodes positive at hemicolectomy.",
        "Prostate cancer with bone metastases on bone scan.",
        "Adenocarcinoma of the cecum; liver metastases biopsy-proven.",
        "Gastric adenocarcinoma of the antrum with peritoneal carcinomatosis seen at laparoscopy.",
        "Prostate cancer without metastases.",
        "CT ABD/PELV W/O: multiple hepatic metastases. Malignant carcinoid of the ileum.",
        told("Autopsy: primary angiosarcoma of the spleen. Metastases were present in the left lung and in a lumbar vertebra."),
        "Malignant carcinoid of the ileum. The liver metastases remain in place (CT last month, stable).",
        "Left breast cancer on letrozole.\nFDG PET/CT 11/02/2026: breast mass 3 cm. Bone metastases at T11, less avid.",
        "Cecal cancer. Restaging in June demonstrated progression of the hepatic metastases from 2 to 4 cm.",
        imaging(
            "HISTORY: Right lung cancer.\nFINDINGS: Enlarged mediastinal nodes up to 2 cm, metastatic. Mass of the right upper lobe.",
            Setting.OUTPATIENT,
        ),
    ),
    "G09": (
        "Prostate cancer with bone metastases confirmed on bone scan.",
        "Liver metastases ruled out on MRI. Adenocarcinoma of the cecum.",
        "If liver metastases are found we would add FOLFOX. Adenocarcinoma of the cecum.",
        imaging("MRI BRAIN. IMPRESSION: Three enhancing lesions suspicious for brain metastases."),
        'Bladder cancer on BCG. Copied from visit 11/2024: "nodule of the lung, cannot exclude metastasis; repeat CT."',
        'Melanoma of the left calf on nivolumab.\n"Lung nodule r/o mets" - entered 02/2026 by outside provider\n',
        "Right adrenal incidentaloma. Earlier: ?adrenal metastasis from previous melanoma -- not supported. Melanoma of the left arm.",
        "Merkel cell carcinoma of the left arm. Metastasis of a small cell carcinoma was considered at first and discarded by the stains.",
        "Insulinoma of the pancreatic tail. Problem list carried over: anxiety, r/o pheochromocytoma (metanephrines normal 2025).",
        "Right adrenal adenoma. Remove possible pheochromocytoma from the problem list. Left breast cancer on letrozole.",
        (
            "PREOPERATIVE DIAGNOSIS: Adenocarcinoma of the cecum; rule out liver metastases.\n"
            "POSTOPERATIVE DIAGNOSIS: Adenocarcinoma of the cecum.\nPROCEDURE: Right hemicolectomy."
        ),
        "Left breast cancer. MDM: ddx stroke, brain metastasis, abscess. Metastatic disease ruled out by MRI.",
        "Dysphagia. The differential includes a web and, remotely, the possibility of an esophageal cancer. Prostate cancer.",
        "Right adrenal adenoma; nothing suggests pheochromocytoma now. Left breast cancer on letrozole.",
        "Melanoma of the left arm. Differential diagnosis with metastasis of a lung carcinoma was resolved by the BRAF mutation.",
        pathology(
            "DIAGNOSIS: Liver, biopsy: metastatic neuroendocrine tumor, G2. A pancreatic primary is possible and a midgut primary is not excluded."
        ),
        "Cecal cancer. She worries about possible metastases; the CT is clean.",
        'She was sent with the words "ovarian malignancy with omental metastases". I am happy to tell you that this is not so.',
        "Left breast cancer. She asked whether endometriosis may turn into ovarian cancer.",
        "Cancer of the cecum. Concern for metastasis was raised by the outside CT. Dedicated MRI shows hemangiomas only.",
        "Liver biopsy: hepatocellular carcinoma. Metastasis from the old rectal cancer had been suspected, excluded by stains.",
        "Prostate cancer on leuprolide. The rib lesion was thought to be a metastasis but on biopsy it is fibrous dysplasia.",
        told(
            "The report mentioned metastatic disease. Breast cancer was treated in 2018. Biopsy showed tuberculosis and metastases were ruled out."
        ),
    ),
    "G10": (
        imaging("CT abdomen. IMPRESSION: Multiple liver metastases.", Setting.OUTPATIENT),
        stay("Adenocarcinoma of the cecum with liver metastases on CT."),
        imaging("CT abdomen. IMPRESSION: No liver metastases."),
        pathology("FINAL DIAGNOSIS: Liver, core biopsy: metastatic adenocarcinoma."),
    ),
    "G11": (
        "Malignant carcinoid of the ileum, nonfunctional.",
        "Malignant carcinoid of the ileum with carcinoid syndrome.",
        "Poorly differentiated neuroendocrine carcinoma of the rectum with liver metastases on CT.",
        "Malignant carcinoid of the ileum. Flushing every day.",
    ),
    "G12": (
        "Malignant carcinoid of the ileum with carcinoid syndrome: flushing and diarrhea.",
        "Adenocarcinoma of the cecum. Flushing every day.",
        "Malignant carcinoid of the ileum, loose stools once last week.",
        "Malignant carcinoid of the ileum. Urinary 5-HIAA 6 mg/24 h (2-9).",
        "Malignant carcinoid of the ileum. She still has flushes, which we put down to the carcinoid.",
        "Malignant carcinoid of the ileum. No flushing, no diarrhea.",
        "Ileal carcinoid. Explained what to do should flushing or diarrhea occur.",
        "Malignant carcinoid of the ileum. 5-HIAA 6 mg/24 h (ref <8) on 10/12/2026.",
        "Malignant carcinoid of the ileum. 5-HIAA 12 -> 6 (ref <8).",
        "Malignant carcinoid of the ileum. 5-HIAA 0.5x ULN.",
        "Malignant carcinoid of the ileum. Flushing daily, ascribed to menopause.",
    ),
    "G13": (
        "Carcinoid heart disease with severe tricuspid regurgitation. Malignant carcinoid of the ileum, liver metastases on MRI.",
        "Malignant carcinoid of the ileum. Echo: trace tricuspid regurgitation.",
        "Malignant carcinoid of the ileum. Severe tricuspid regurgitation due to a pacemaker lead.",
        "Adenocarcinoma of the cecum. Severe tricuspid regurgitation on echo.",
    ),
    "G14": (
        "Medullary thyroid carcinoma of the right lobe.\nPlanned procedure: total thyroidectomy and central neck dissection.",
        "Right breast cancer 2012, mastectomy, off all therapy. No evidence of recurrence.",
        "Left breast cancer on letrozole.",
        "Adenocarcinoma of the cecum, surgery planned.",
        "REASON FOR CONSULTATION: newly diagnosed cholangiocarcinoma of the bile duct. A stent was placed and the gallbladder removed.",
        "Patient has been diagnosed to have left breast cancer. Lumpectomy was done last week, here for further treatment.",
        "PMH: atrial fibrillation, prostate cancer (Gleason 6) on active surveillance since 2022.",
        "Malignant carcinoid of the ileum on octreotide.\nPMH: basal cell carcinoma of the nose, Mohs.",
        "PMH: cancer of the larynx, treated with radiation nine years ago, disease free.\nIMPRESSION:\n1. COPD.\n2. Remote laryngeal cancer, cured.",
        "PMH: carcinoma of the left breast in 2008, lumpectomy and radiation, no recurrence.\nASSESSMENT: History of breast cancer, no evidence of disease. Cleared for surgery of the knee.",
        "History of bladder cancer, cystectomy 2021, neoadjuvant chemotherapy completed. No evidence of disease on CT.",
        "PMH: prostate cancer 2003, cured, PSA undetectable. Now rectal cancer, on FOLFOX.",
        "PMH: squamous cell carcinoma of the ear, excised. Lung cancer, LUL, on osimertinib.",
        "Antecedents of adenocarcinoma of the prostate (2012, radical prostatectomy, PSA undetectable since). Hernia repair planned.",
        "Endometrial adenocarcinoma, hysterectomy yesterday, stage IA. Recovering on the ward.",
        "Squamous cell carcinoma of the left tonsil, for surgery.",
    ),
    "G15": (
        "Ileal carcinoid resected 2022, no local recurrence. Liver metastases on MRI, malignant carcinoid, nonfunctional.",
        "Malignant carcinoid of the ileum, primary in place. Liver metastases on MRI.",
        "Adenocarcinoma of the cecum, right hemicolectomy 2021, no evidence of disease.",
        "Prostate cancer in place on leuprolide, bone metastases on bone scan. Basal cell carcinoma of the ear removed 2019.",
        "Gastrinoma of the pancreas with liver metastases on CT. A Whipple was proposed and the patient did not accept it.",
        "Cecal cancer resected 2023. Liver metastases on CT; colonoscopy: anastomosis clean.",
    ),
    "G16": (
        "Adenocarcinoma of the cecum, right hemicolectomy 2021, pT3 N1 M0, on FOLFOX.",
        operation("Adenocarcinoma of the right upper lobe. There was marked lymphadenopathy."),
        told("Adenocarcinoma of the right upper lobe, cT2 N1 M0, was irradiated."),
        "NET of the ileum (T3 N1 M1), grade 1, liver metastases on CT, nonfunctional.",
        "Left breast cancer with a left axillary node metastasis on biopsy.",
        "Adenocarcinoma of the right upper lobe, cT2 N0 M0. Chemoradiation planned.",
        "Malignant carcinoid of the jejunum. Left supraclavicular node: metastatic carcinoid on FNA, a distant node.",
        "Adenocarcinoma of the cecum. No lymphadenopathy on CT.",
        "Squamous cell carcinoma of the right tonsil, cT2 N1 M0, PET with one avid level II node. Chemoradiation planned.",
        "H1N1 influenza in 2019. Prostate cancer on leuprolide.",
    ),
    "G17": (
        operation("Squamous cell carcinoma of the scalp. The tumor was invading the skull."),
        told("CT showed an adenocarcinoma of the pancreatic tail invading the spleen."),
        "Adenocarcinoma of the pancreatic tail with direct extension into the spleen.",
        pathology("FINAL DIAGNOSIS: Cecum: adenocarcinoma, invading the bladder."),
        "Adenocarcinoma of the cecum with liver metastases on CT, a deposit invading the liver.",
        "Adenocarcinoma of the cecum, not extending into the bladder.",
        "Malignant carcinoid of the ileum infiltrating the serosa. Liver metastases on CT.",
        "Cervical cancer extending into the parametrium, for chemoradiation.",
        "Breast cancer, left, invading the skin and chest wall.",
    ),
    "G18": (
        "Lung cancer metastatic to the liver on CT.",
        "Right lung adenocarcinoma.",
        "Liver metastases from adenocarcinoma of the cecum on CT.",
    ),
    "G19": (
        "HPI: In 2024 no metastases. ASSESSMENT: Prostate cancer, now with bone metastases on bone scan.",
        "No brain or hepatic metastases; new sclerotic bone metastases in T8 on CT. Malignant carcinoid of the thymus.",
        "FINDINGS: No pulmonary metastases.\n\nIMPRESSION: Liver metastases. Adenocarcinoma of the cecum.",
        "HPI: Bilateral renal cell carcinoma, left kidney 2 cm.\n\nIMPRESSION: Renal cell carcinoma of the right kidney too.",
        "FINDINGS: Seg VI lesion, liver metastasis. Carcinoid of the ileum.\n\nIMPRESSION: The seg VIII lesion is a hemangioma, not a metastasis.",
        "IMPRESSION: Malignant carcinoid of the ileum, mesenteric metastasis.\n\nFINDINGS: No peritoneal implants.",
        imaging(
            "FINDINGS: Liver: two metastases.\n\nIMPRESSION: Hepatic metastases. No thoracic metastatic disease. Cecal cancer.",
            Setting.OUTPATIENT,
        ),
        "HPI: Ileal carcinoid with liver metastases on MRI.\n\nIMPRESSION: No recurrence at the anastomosis.",
    ),
    "G20": (
        "Ileal carcinoid with liver metastases on CT. History of basal cell carcinoma of the nose, excised 2009.",
        (
            "Prostate adenocarcinoma on leuprolide, and malignant carcinoid of the stomach awaiting resection. Core biopsy of segment VII: "
            "metastatic carcinoid."
        ),
        "Left breast cancer on letrozole. Adenocarcinoma of the cecum on FOLFOX. No metastases on CT.",
        "Adenocarcinoma of the cecum with liver metastases on CT. Prostate cancer 2010, prostatectomy, no evidence of disease.",
        "Malignant carcinoid of the ileum on lanreotide. Skin cancer on the nose removed, basal cell. Liver metastases on MRI.",
        "Medullary thyroid carcinoma, thyroidectomy 2015. Right adrenal pheochromocytoma, adrenalectomy. Liver metastases on MRI.",
        "Request: rectal adenocarcinoma with hepatic and bone metastases, on FOLFOX. Also left breast cancer 2015 on letrozole.",
        "Malignant neuroendocrine tumor of the ileum, G1. Malignant neuroendocrine tumor of the jejunum, G1. Liver metastases on CT.",
        "Malignant right adrenal pheochromocytoma and a paraganglioma of the neck. Bone metastases on MIBG scan.",
    ),
    "G21": (
        "Admitted for treatment of liver metastases. Sigmoid colon cancer, primary in place.",
        "Here for cycle 2 of FOLFOX. Sigmoid colon cancer, primary in place, with liver metastases on CT.",
        "Admitted for treatment. Sigmoid colon cancer, no metastases on CT.",
        "Presents for palliative radiation to the spine. Right lung adenocarcinoma in place. Bone metastases on CT.",
        "Presents for adjuvant radiation therapy, fraction 13. Right lung adenocarcinoma. Hilar node metastases on CT.",
        "Presents for radiation therapy.\nSite: L2 to L4.\nRight lung adenocarcinoma in place. Bone metastases on CT.",
    ),
    "G22": (
        told("A woman with carcinoma of the right ovary had ascites, drained twice."),
        "Small cell carcinoma of the left lung with liver metastases on CT. SIADH, fluid restricted.",
        "Colon cancer with liver metastases on CT. Anemia: chemo related, transfused two units.",
        "Lung cancer on chemotherapy. DVT of the right leg POD 5, on apixaban.",
        "Right ovarian carcinoma. ASSESSMENT: Malignant ascites, drained twice.",
        "Right lung adenocarcinoma. ASSESSMENT: Pleural effusion due to heart failure.",
        "Prostate cancer with bone metastases on bone scan. ASSESSMENT: Iron deficiency anemia, on iron.",
        "Prostate cancer with bone metastases on CT. ASSESSMENT: Pathologic fracture of L1 due to bone metastasis.",
        "Right breast cancer 2012, mastectomy, no evidence of disease. ASSESSMENT: Anemia, transfused.",
        "Adenocarcinoma of the cecum. We discussed the risks including bleeding, infection and pulmonary embolism.",
        "Left breast cancer with liver metastases on CT. ASSESSMENT: Right pleural effusion, tapped, cytology negative.",
        "Merkel cell carcinoma of the left arm. A pleural effusion was tapped, and the cytology of the liquid was positive for it.",
        "Malignant carcinoid of the ileum.\n- 03/2023 partial small bowel obstruction, admitted with vomiting\n- 05/2023 resection",
        "Adenocarcinoma of the head of the pancreas. ASSESSMENT: Obstructive jaundice, biliary stent placed.",
        "Adenocarcinoma of the pancreatic tail on gemcitabine. ASSESSMENT: Pulmonary embolism, on apixaban.",
        "Malignant carcinoid of the stomach. Autoimmune gastritis. ASSESSMENT: pernicious anaemia, on B12.",
        "Right lung cancer on carboplatin. ASSESSMENT: Anemia, transfused two units.",
        stay("Colon cancer, cecum. Right hemicolectomy with 900 ml blood loss. DISCHARGE DIAGNOSES: Anemia, transfused."),
        "Right lung cancer. ASSESSMENT: Pleural effusion, left ventricular failure, diuretics.",
        "Ovarian cancer, right. Ascites of the peritoneal carcinomatosis was drained.",
        "Prostate cancer on leuprolide. ASSESSMENT: Epidural mass at T11 with cord compression, on dexamethasone.",
    ),
    "G23": (
        "Prostate cancer with liver metastases on CT.\nEXAM: cachectic man in no distress.",
        "HPI: weight loss of 14 kg, iron deficiency. Colonoscopy: adenocarcinoma of the cecum.",
        told("A man with adenocarcinoma of the pancreatic tail died of cachexia."),
        "Adenocarcinoma of the pancreatic tail. Cachexia due to pancreatic cancer.",
        "Adenocarcinoma of the cecum. ASSESSMENT: Severe protein-calorie malnutrition.",
        "Adenocarcinoma of the cecum. No weight loss.",
        "Right breast cancer 2012, mastectomy, no evidence of disease. Malnutrition.",
        Case(
            "Terminal diagnosis: metastatic cancer of the cecum, liver metastases on CT.\nRelated: cachexia, partial obstruction\n"
            "Exam: temporal wasting.",
            note_type="hospice visit note",
        ),
    ),
    "G24": (
        "Malignant gastrinoma of the pancreas in MEN 1.",
        "Right adrenal pheochromocytoma. Genetically confirmed von Hippel-Lindau disease.",
        "Right adrenal pheochromocytoma. Mother has neurofibromatosis.",
        "Adenocarcinoma of the cecum. Neurofibromatosis.",
        "Benign left adrenal pheochromocytoma. Gene panel (SDHx, VHL, RET, NF1) negative 10/2026.",
        "MEN 1 (germline pathogenic variant, confirmed 2021). Benign insulinoma of the pancreatic tail.",
        "Right adrenal pheochromocytoma. Genetic study (RET, VHL, SDHB) resulted negative.",
        "Right adrenal pheochromocytoma. A germline mutation of the SDHB gene was found.",
    ),
    "G25": (
        "Adenocarcinoma of unknown primary with liver metastases on CT.",
        "Adenocarcinoma of the cecum with liver metastases on CT.",
        "Adenocarcinoma of unknown primary with liver metastases on CT. Breast cancer 2010, no evidence of disease.",
        "Metastatic adenocarcinoma of unknown primary in the liver. Basal cell skin cancer excised in 2017.",
        "Liver masses. Tumor of unknown primary was the working label for ten days. Biopsy: metastatic melanoma. Melanoma of the left eye.",
        pathology(
            "FINAL DIAGNOSIS: Liver, biopsy: metastatic neuroendocrine tumor. Primary site cannot be determined from morphology."
        ),
        "Metastatic adenocarcinoma of unknown primary in the liver. Cytology of the ascites: adenocarcinoma. Favors the bile duct.",
    ),
    "G26": (
        "Peritoneal carcinomatosis from adenocarcinoma of the cecum, on CT.",
        "Widely metastatic prostate cancer with bone and liver metastases on CT.",
        "Metastatic prostate cancer on leuprolide.",
    ),
    "G27": (
        Case("PMH: h/o colon cancer 2010, colectomy, no evidence of disease.", note_type="primary care note"),
        Case("Mother had cancer.", note_type="primary care note"),
        Case("Left breast cancer on letrozole. Cancer care at the center.", note_type="primary care note"),
    ),
    "G28": (
        stay(
            "Adenocarcinoma of the gastric cardia with liver metastases on CT. Transitioned to comfort measures only; palliative care consulted."
        ),
        Case("Prostate cancer with bone metastases. Hospice evaluation done.", note_type="hospice visit note"),
        stay("Adenocarcinoma of the gastric cardia with liver metastases on CT. FOLFOX given."),
        "Adenocarcinoma of the gastric cardia with liver metastases on CT. FOLFOX cycle 2. Palliative care referral placed.",
        "Sigmoid carcinoma with liver metastases on PET. We discussed hospice; he prefers further treatment.",
        stay("Prostate cancer with bone metastases on bone scan. No palliative care consult."),
    ),
    "G29": (
        "Here for lanreotide injection. Malignant carcinoid of the ileum in place. Lanreotide 120 mg given today.",
        "Malignant carcinoid of the ileum in place, on octreotide LAR.",
        "Malignant carcinoid of the ileum with liver metastases on MRI. Lanreotide started in 2024.",
        "Here for cycle 2 of carboplatin/etoposide, given today. Small cell carcinoma of the left hilum.",
        "NEW PATIENT VISIT. Malignant carcinoid of the ileum in place, nonfunctional. Octreotide LAR 30 mg given today.",
        "INTERVAL HISTORY: well. Right lung adenocarcinoma with liver metastases on CT. Pembrolizumab infused today.",
    ),
    "G30": (
        "Ileal NET, grade 1, nonfunctional.",
        "Merkel cell carcinoma (MCC) of the left forearm.",
        "NET fluid balance -1200 mL. Prostate cancer on leuprolide.",
        "Functional capacity 7 METs. Left breast cancer on letrozole.",
    ),
}


def analysed(case: str | Case) -> Analysis:
    c = Case(case) if isinstance(case, str) else case
    note = Note(text=c.text, setting=c.setting, author_role=c.role, note_type=c.note_type, note_date=DAY)
    return analyser_of(Settings()).analyse(note)


def label(item: object) -> str | None:
    text = item.text if isinstance(item, Case) else item
    return text[:50] if isinstance(text, str) else None


def test_every_gap_has_three_notes_on_each_side() -> None:
    assert set(ASK) == set(REFRAIN) == set(RULES)
    assert len(RULES) == 30
    assert all(len(notes) >= 3 for notes in (*ASK.values(), *REFRAIN.values()))


@pytest.mark.parametrize(("gap", "case"), [(g, c) for g, cases in ASK.items() for c in cases], ids=label)
def test_the_gap_is_asked(gap: str, case: str | Case) -> None:
    found = {g.gap[:3]: g for g in analysed(case).gaps}
    assert gap in found
    query = found[gap].query
    assert lint(query) == ()
    assert query.options[-2:] == TAIL


@pytest.mark.parametrize(("gap", "case"), [(g, c) for g, cases in REFRAIN.items() for c in cases], ids=label)
def test_the_gap_is_not_asked(gap: str, case: str | Case) -> None:
    assert gap not in {g.gap[:3] for g in analysed(case).gaps}
